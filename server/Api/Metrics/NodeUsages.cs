using System.Collections.Concurrent;
using Edge.Proto.Model;

namespace Edge.Server.Api.Metrics;

/// <summary>
/// What nodes use, asked of them only while somebody asks here. That many askers cost a node one measurement is the
/// affair of whoever asks it.
/// </summary>
/// <param name="read">Asks one node; null or an IOException when it cannot be reached or does not say.</param>
/// <param name="time">For the time a node has.</param>
internal sealed class NodeUsages(Func<string, CancellationToken, Task<NodeUsage?>> read, TimeProvider time)
{
    /// <summary>A node that has not answered by then is left out, as one that is not connected.</summary>
    public static readonly TimeSpan NodeTime = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Nodes that one asker waits for at once: a thousand that all stay silent take 24 s, well below a request's 60 s.
    /// </summary>
    private const int AtOnce = 128;

    /// <summary>Knows of no node.</summary>
    public static NodeUsages None { get; } =
        new((_, _) => Task.FromResult<NodeUsage?>(null), TimeProvider.System);

    /// <summary>
    /// What a node's GPUs say now; null, or an IOException, when it cannot be reached or does not say. Takes as long as
    /// their driver does.
    /// </summary>
    public Func<string, CancellationToken, Task<GpuInventory?>> Gpus { get; init; } =
        (_, _) => Task.FromResult<GpuInventory?>(null);

    /// <summary>What those of the nodes use that answer.</summary>
    public async Task<IReadOnlyDictionary<string, NodeUsage>> Of(
        IReadOnlyCollection<string> nodes, CancellationToken ct)
    {
        var found = new ConcurrentDictionary<string, NodeUsage>();
        var turns = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
        await Parallel.ForEachAsync(nodes.Distinct(), turns, async (node, cancel) =>
        {
            if (await Ask(node, cancel) is { } usage)
            {
                found[node] = usage;
            }
        });
        return found;
    }

    private async Task<NodeUsage?> Ask(string node, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(NodeTime, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            return await read(node, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException
            && !ct.IsCancellationRequested)
        {
            // As silent as a node that is not there.
            return null;
        }
    }
}
