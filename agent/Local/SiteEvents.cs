using Edge.Agent.Reconcile;

namespace Edge.Agent.Local;

/// <summary>One thing said of a pod, with how often it was said.</summary>
internal sealed record SiteEvent(DateTimeOffset At, PodEvent Said, int Count);

/// <summary>
/// What was said of pods in this life of the agent, newest last. In memory only: it is for the person who looks now.
/// Any thread.
/// </summary>
internal sealed class SiteEvents(TimeProvider clock)
{
    /// <summary>A busy hour of a node; some 300 bytes each.</summary>
    public const int EventsMax = 128;

    /// <summary>Kubernetes' bound of an Event's message.</summary>
    private const int MessageMax = 1024;

    private readonly Lock _gate = new();
    private readonly List<SiteEvent> _events = [];

    public void Add(PodEvent said)
    {
        if (said.Message.Length > MessageMax)
        {
            said = said with { Message = said.Message[..MessageMax] };
        }

        lock (_gate)
        {
            var known = _events.FindIndex(old => old.Said == said);
            var count = known < 0 ? 1 : _events[known].Count + 1;
            if (known >= 0)
            {
                _events.RemoveAt(known);
            }
            else if (_events.Count == EventsMax)
            {
                _events.RemoveAt(0);
            }

            _events.Add(new SiteEvent(clock.GetUtcNow(), said, count));
        }
    }

    public IReadOnlyList<SiteEvent> Newest()
    {
        lock (_gate)
        {
            return [.. _events];
        }
    }
}
