using System.Collections.Concurrent;
using Edge.Proto.Model;

namespace Edge.Server.Api.Metrics;

/// <summary>
/// What nodes use, asked of them only while somebody asks here. Askers share an answer for <see cref="SharedFor"/>, so
/// that many of them cost a node one measurement.
/// </summary>
/// <param name="read">Asks one node; null or an IOException when it cannot be reached or does not say.</param>
/// <param name="time">For the age of answers and the time a node has.</param>
internal sealed class NodeUsages(Func<string, CancellationToken, Task<NodeUsage?>> read, TimeProvider time)
{
    /// <summary>kubectl top and autoscalers look every 15 s or more; answers as old as this serve both.</summary>
    public static readonly TimeSpan SharedFor = TimeSpan.FromSeconds(5);

    /// <summary>A node that has not answered by then is left out, as one that is not connected.</summary>
    public static readonly TimeSpan NodeTime = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Nodes that one asker waits for at once: a thousand that all stay silent take 24 s, well below a request's 60 s.
    /// </summary>
    private const int AtOnce = 128;

    private readonly ConcurrentDictionary<string, Lazy<Task<Answer>>> _answers = new();

    /// <summary>Knows of no node.</summary>
    public static NodeUsages None { get; } =
        new((_, _) => Task.FromResult<NodeUsage?>(null), TimeProvider.System);

    /// <summary>What those of the nodes use that answer.</summary>
    public async Task<IReadOnlyDictionary<string, NodeUsage>> Of(
        IReadOnlyCollection<string> nodes, CancellationToken ct)
    {
        await DropOld();
        var found = new ConcurrentDictionary<string, NodeUsage>();
        var turns = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(nodes.Distinct(), turns, async (node, cancel) =>
        {
            var answer = _answers.GetOrAdd(node, name => new(() => Ask(name))).Value;
            if ((await answer.WaitAsync(cancel)).Usage is { } usage)
            {
                found[node] = usage;
            }
        });
        return found;
    }

    private async Task DropOld()
    {
        foreach (var entry in _answers)
        {
            var answer = entry.Value.Value;
            if (answer.IsFaulted || (answer.IsCompleted && time.GetElapsedTime((await answer).Since) >= SharedFor))
            {
                _answers.TryRemove(entry);
            }
        }
    }

    /// <summary>Of nobody's request: an asker who leaves must not take the answer from the others.</summary>
    private async Task<Answer> Ask(string node)
    {
        using var limit = new CancellationTokenSource(NodeTime, time);
        NodeUsage? usage = null;
        try
        {
            usage = await read(node, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException)
        {
            // As silent as a node that is not there.
        }

        return new Answer(usage, time.GetTimestamp());
    }

    /// <param name="Usage">Null when the node did not say.</param>
    /// <param name="Since">When that was known.</param>
    private readonly record struct Answer(NodeUsage? Usage, long Since);
}
