using Edge.Agent.Enrolment;

namespace Edge.Tests.Agent.Enrolment;

/// <summary>The power is gone.</summary>
internal sealed class PowerCut : Exception;

/// <summary>
/// A disk that keeps what was written until the power fails, after a number of writes, moves and removals; the one that
/// it fails in has happened or has not, which is all that <see cref="IKeyDisk"/> promises.
/// </summary>
/// <param name="files">What is on it; stays after the cut.</param>
/// <param name="changes">How many changes happen whole.</param>
/// <param name="lastHappens">Whether the change happens that the power fails in.</param>
internal sealed class CutDisk(Dictionary<string, string> files, int changes, bool lastHappens) : IKeyDisk
{
    private int _left = changes;
    private bool _wasCut;

    public string? Read(string name) => files.GetValueOrDefault(name);

    public void Write(string name, string text) => Change(() => files[name] = text);

    public void Move(string from, string to) => Change(() =>
    {
        files[to] = files[from];
        files.Remove(from);
    });

    public void Delete(string name) => Change(() => files.Remove(name));

    private void Change(Action change)
    {
        if (_left-- > 0)
        {
            change();
            return;
        }

        if (!_wasCut && lastHappens)
        {
            change();
        }

        _wasCut = true;
        throw new PowerCut();
    }
}
