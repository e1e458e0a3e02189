using System.Globalization;
using Edge.Agent.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report;

/// <summary>
/// When the server last answered, counted from when the answered message was sent. Kept on tmpfs over a restart of the
/// agent, with the boot it belongs to, so that a reboot knows nothing and writes nothing to flash.
/// <para>
/// After a silence the first answer alone proves nothing about a pod whose lease ended in it: desired may still name
/// what the server gave away meanwhile. Until desired was reached the whole silence counts.
/// </para>
/// </summary>
/// <param name="runDir">On tmpfs.</param>
/// <param name="bootId">Of the present boot.</param>
/// <param name="keepAlive">What the agent is set to in this life of it.</param>
/// <param name="lastAnswer">The server's last answer of this life, or null.</param>
/// <param name="clock">Its timestamps must count on while the machine sleeps.</param>
internal sealed class ServerContact(
    string runDir, string bootId, TimeSpan keepAlive, Func<ServerAnswer?> lastAnswer, TimeProvider clock)
{
    private readonly string _file = Path.Combine(runDir, "last-answered");
    private readonly Lock _gate = new();

    /// <summary>When the message was sent that was answered last.</summary>
    private long? _sentAt;

    /// <summary>The longest silence before answers whose desired was not reached yet; null: for ever.</summary>
    private TimeSpan? _silence = TimeSpan.Zero;

    /// <summary>Of earlier lives.</summary>
    private TimeSpan _before = TimeSpan.MaxValue;
    private long? _written;
    private bool _read;

    /// <summary>
    /// What the server may count with: the shortest one that it was told since desired was reached the last time, also
    /// in earlier lives of the agent.
    /// </summary>
    public TimeSpan KeepAlive
    {
        get
        {
            lock (_gate)
            {
                Keep();
                return Shortest;
            }
        }
    }

    private TimeSpan Shortest => keepAlive < _before ? keepAlive : _before;

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
                Read();
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
            _before = TimeSpan.MaxValue;
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
            File.WriteAllText(
                draft, string.Create(CultureInfo.InvariantCulture, $"{bootId} {sentAt} {Shortest.TotalSeconds:f0}"));
            File.Move(draft, _file, overwrite: true);
        }
        catch (IOException)
        {
            // Without room the next life waits for its own first answer; this one goes on.
        }
    }

    private void Read()
    {
        if (!File.Exists(_file) || File.ReadAllText(_file).Split(' ') is not [var boot, var at, .. var rest]
            || boot != bootId || !long.TryParse(at, CultureInfo.InvariantCulture, out var sentAt)
            || Before(rest) is not { } before)
        {
            return;
        }

        _sentAt = sentAt;
        _before = before;
        if (keepAlive < _before)
        {
            Write(sentAt);
        }
    }

    /// <summary>Earlier agents wrote none: theirs is taken for the default.</summary>
    private static TimeSpan? Before(string[] words) =>
        words.Length == 0 ? Fencing.KeepAliveDefault
        : words.Length == 1 && int.TryParse(words[0], CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
        : null;
}
