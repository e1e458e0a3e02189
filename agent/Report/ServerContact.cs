using System.Globalization;

namespace Edge.Agent.Report;

/// <summary>
/// When the server last answered, counted from when the answered message was sent. Kept on tmpfs over a restart of the
/// agent, with the boot it belongs to, so that a reboot knows nothing and writes nothing to flash.
/// </summary>
internal sealed class ServerContact(string runDir, string bootId, Func<long?> lastAnswered, TimeProvider clock)
{
    private readonly string _file = Path.Combine(runDir, "last-answered");
    private long? _kept;
    private bool _read;

    /// <summary>Null when the server has not answered since the boot.</summary>
    public TimeSpan? Since()
    {
        if (lastAnswered() is { } answered)
        {
            if (answered != _kept)
            {
                File.WriteAllText(_file, $"{bootId} {answered.ToString(CultureInfo.InvariantCulture)}");
                _kept = answered;
                _read = true;
            }
        }
        else if (!_read)
        {
            _kept = Read();
            _read = true;
        }

        return _kept is { } at ? clock.GetElapsedTime(at) : null;
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
