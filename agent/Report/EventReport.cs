using Edge.Proto.Model;

namespace Edge.Agent.Report;

/// <summary>
/// Sends events, each text at once when it is new and then at most once in a while with the number of its repeats:
/// a failing probe must not fill a mobile link.
/// </summary>
internal sealed class EventReport(string nodeName, Action<Event> send, TimeProvider clock)
{
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromMinutes(1);

    /// <summary>Texts remembered; the oldest half goes when it is full. 256 × about 200 bytes.</summary>
    private const int TextsMax = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<EventText, (DateTimeOffset Sent, int Held)> _texts = [];

    public void Say(ObjectReference about, bool warning, string reason, string message)
    {
        var now = clock.GetUtcNow();
        if (Count(about.Uid, reason, message, now) is not { } count)
        {
            return;
        }

        send(new Event
        {
            Metadata = new ObjectMeta { Namespace = about.Namespace ?? "default" },
            InvolvedObject = about,
            Reason = reason,
            Message = message,
            Type = warning ? "Warning" : "Normal",
            Source = new EventSource { Component = "kubelet", Host = nodeName },
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = count,
        });
    }

    /// <summary>How many occurrences to tell now; null to hold this one back.</summary>
    private int? Count(string? uid, string reason, string message, DateTimeOffset now)
    {
        lock (_gate)
        {
            var key = new EventText(uid, reason, message);
            if (_texts.TryGetValue(key, out var text) && now - text.Sent < RepeatEvery && now >= text.Sent)
            {
                _texts[key] = (text.Sent, text.Held + 1);
                return null;
            }

            if (_texts.Count >= TextsMax)
            {
                foreach (var old in _texts.Keys.OrderBy(said => _texts[said].Sent).Take(TextsMax / 2).ToList())
                {
                    _texts.Remove(old);
                }
            }

            _texts[key] = (now, 0);
            return text.Held + 1;
        }
    }

    private sealed record EventText(string? Uid, string Reason, string Message);
}
