using System.Collections.Concurrent;

namespace Edge.Server.Control.DaemonSets;

/// <summary>
/// How long a node is left alone after a DaemonSet's pod failed there, with upstream's numbers: 1 s, doubling to
/// 15 min. It keeps a node that refuses the pod and the controller from racing. In memory: a restart only tries sooner.
/// </summary>
internal sealed class FailedPods(TimeProvider time)
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(15);

    /// <summary>(DaemonSet's uid, node) → last failure and the rest after it.</summary>
    private readonly ConcurrentDictionary<(string Set, string Node), (long At, TimeSpan Pause)> _known = new();

    /// <summary>What is left of the rest; null when there is none.</summary>
    public TimeSpan? Rest(string set, string node) =>
        _known.TryGetValue((set, node), out var last) && last.Pause - time.GetElapsedTime(last.At) is var left
            && left > TimeSpan.Zero ? left : null;

    /// <summary>The pod there is taken out now. Forgotten after twice the longest rest without a failure.</summary>
    public void Add(string set, string node)
    {
        foreach (var (key, (at, _)) in _known)
        {
            if (time.GetElapsedTime(at) > 2 * s_most)
            {
                _known.TryRemove(key, out _);
            }
        }

        _known.AddOrUpdate(
            (set, node), _ => (time.GetTimestamp(), s_first),
            (_, last) => (time.GetTimestamp(), last.Pause * 2 < s_most ? last.Pause * 2 : s_most));
    }
}
