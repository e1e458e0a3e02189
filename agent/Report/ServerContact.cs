using System.Globalization;
using Edge.Agent.Link;

namespace Edge.Agent.Report;

/// <summary>
/// When the server last answered, counted from when the answered message was sent. Kept on tmpfs over a restart of the
/// agent, with the boot it belongs to, so that a reboot knows nothing and writes nothing to flash.
/// <para>
/// After a silence the first answer alone proves nothing about a pod whose lease ended in it: desired may still name
/// what the server gave away meanwhile. Until desired was reached the whole silence counts.
/// </para>
/// </summary>
internal sealed class ServerContact(string runDir, string bootId, Func<ServerAnswer?> lastAnswer, TimeProvider clock)
{
    private readonly string _file = Path.Combine(runDir, "last-answered");
    private readonly Lock _gate = new();

    /// <summary>When the message was sent that was answered last.</summary>
    private long? _sentAt;

    /// <summary>The longest silence before answers whose desired was not reached yet; null: for ever.</summary>
    private TimeSpan? _silence = TimeSpan.Zero;
    private long? _written;
    private bool _read;

    /// <summary>Null when the server has not answered since the boot.</summary>
    public TimeSpan? Since()
    {
        lock (_gate)
        {
            Keep();
            if (_sentAt is not { } at || _silence is not { } silence)
            {
                return null;
            }

            var since = clock.GetElapsedTime(at);
            return since > silence ? since : silence;
        }
    }

    /// <summary>
    /// To be called at every answer: the agent may end at any moment, and what is not written here is not known then.
    /// </summary>
    public void Keep()
    {
        lock (_gate)
        {
            if (!_read)
            {
                _sentAt = Read();
                _read = true;
            }

            if (lastAnswer() is { } answer)
            {
                Take(answer);
            }
        }
    }

    private void Take(ServerAnswer answer)
    {
        if (answer.IsDesiredReached)
        {
            _silence = TimeSpan.Zero;
            if (_written != answer.SentAt)
            {
                Write(answer.SentAt);
            }
        }
        else if (_sentAt != answer.SentAt)
        {
            var silence = _sentAt is { } before ? clock.GetElapsedTime(before) : (TimeSpan?)null;
            _silence = silence is null || _silence is null ? null : silence > _silence ? silence : _silence;
        }

        _sentAt = answer.SentAt;
    }

    private void Write(long sentAt)
    {
        _written = sentAt;
        try
        {
            var draft = _file + ".new";
            File.WriteAllText(draft, $"{bootId} {sentAt.ToString(CultureInfo.InvariantCulture)}");
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
