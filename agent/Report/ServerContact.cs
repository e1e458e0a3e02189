using System.Globalization;

namespace Edge.Agent.Report;

/// <summary>
/// When the server last answered, counted from when the answered message was sent. Kept on tmpfs over a restart of the
/// agent, with the boot it belongs to, so that a reboot knows nothing and writes nothing to flash.
/// </summary>
internal sealed class ServerContact(string runDir, string bootId, Func<long?> lastAnswered, TimeProvider clock)
{
    private readonly string _file = Path.Combine(runDir, "last-answered");
    private readonly Lock _gate = new();
    private long? _kept;
    private bool _read;

    /// <summary>Null when the server has not answered since the boot.</summary>
    public TimeSpan? Since()
    {
        lock (_gate)
        {
            Keep();
            return _kept is { } at ? clock.GetElapsedTime(at) : null;
        }
    }

    /// <summary>
    /// To be called at every answer: the agent may end at any moment, and what is not written here is not known then.
    /// </summary>
    public void Keep()
    {
        lock (_gate)
        {
            if (lastAnswered() is { } answered)
            {
                if (answered != _kept)
                {
                    _kept = answered;
                    Write(answered);
                }
            }
            else if (!_read)
            {
                _kept = Read();
            }

            _read = true;
        }
    }

    private void Write(long answered)
    {
        try
        {
            var draft = _file + ".new";
            File.WriteAllText(draft, $"{bootId} {answered.ToString(CultureInfo.InvariantCulture)}");
            File.Move(draft, _file, overwrite: true);
        }
        catch (IOException)
        {
            // Without room the next life waits for its own first answer; this one goes on.
        }
    }

    private long? Read()
    {
        if (!File.Exists(_file))
        {
            return null;
        }

        var parts = File.ReadAllText(_file).Split(' ');
        return parts.Length == 2 && parts[0] == bootId
            && long.TryParse(parts[1], NumberStyles.Integer, CultureInfo.InvariantCulture, out var at)
            ? at
            : null;
    }
}
