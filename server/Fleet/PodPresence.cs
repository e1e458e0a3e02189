using System.Collections.Concurrent;
using Edge.Server.Store;

namespace Edge.Server.Fleet;

/// <summary>
/// Shows of the pods of a node whether it is there. What its absence covers is kept here until it returns; after a
/// restart of the server the node says everything again, and that replaces it too. All calls for one node come one
/// after the other.
/// </summary>
/// <param name="objects">Where the pods are.</param>
/// <param name="podsOn">Keys in the store of a node's pods.</param>
/// <param name="events">Tells of pods that are not ready any more.</param>
/// <param name="time">Dates the changes.</param>
internal sealed class PodPresence(
    Objects objects, Func<string, IEnumerable<string>> podsOn, EventRecorder events, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, PodCovered>> _covered = [];

    /// <summary>The node is out of reach. Said again it changes nothing.</summary>
    public Task Lost(string node, LastContact contact, CancellationToken ct)
    {
        var covered = _covered.GetOrAdd(node, _ => []);
        return Task.WhenAll(podsOn(node).Select(key => Cover(key, node, contact, covered, ct)));
    }

    /// <summary>The node is there again: its pods are as it said last.</summary>
    public async Task Back(string node, CancellationToken ct)
    {
        if (_covered.TryGetValue(node, out var covered))
        {
            await Task.WhenAll(covered.Select(pair => objects.Update(
                pair.Key, pod => PodAbsencePlan.Uncover(pod, pair.Value) ? pod : null, ct)));
            _covered.TryRemove(node, out _);
        }
    }

    /// <summary>The node was deleted: what becomes of its pods is not a matter of presence.</summary>
    public void Forget(string node) => _covered.TryRemove(node, out _);

    private async Task Cover(
        string key, string node, LastContact contact, ConcurrentDictionary<string, PodCovered> all,
        CancellationToken ct)
    {
        PodCovered? covered = null;
        var outcome = await objects.Update(
            key,
            pod => (covered = PodAbsencePlan.Cover(pod, node, contact, time.GetUtcNow())) is null ? null : pod,
            ct);
        if (covered is null || outcome is not UpdateOutcome.Updated)
        {
            return;
        }

        all[key] = covered;
        if (covered.WasReady && objects.Store.Get(key) is { } stored
            && objects.TryRead(Resources.Pods, stored) is { } pod)
        {
            // Kubernetes' words.
            await events.Record(
                new EventNote(
                    EventNote.Of(Resources.Pods, pod.Metadata), EventNote.Warning, "NodeNotReady", "Node is not ready"),
                "node-controller", host: null, times: 1, ct);
        }
    }
}
