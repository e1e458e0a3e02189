using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Asks a node what its GPUs say now, when somebody wants to know and never else. That many askers cost it one look is
/// the node's affair.
/// </summary>
/// <param name="open">Opens a stream to a node (<c>LinkServer.OpenStream</c>).</param>
/// <param name="time">Bounds the wait.</param>
/// <param name="log">Where answers that are no use are told.</param>
internal sealed class GpuRelay(
    Func<string, StreamRequest, CancellationToken, Task<LinkStream>> open, TimeProvider time, ILogger<GpuRelay> log)
{
    /// <summary>Less than a scraper waits for the whole page, and more than a driver takes to load.</summary>
    private static readonly TimeSpan s_answerWait = TimeSpan.FromSeconds(5);

    /// <summary>Null when the node cannot be asked now or says nothing that is of use, as an older agent.</summary>
    public async Task<GpuInventory?> Ask(string node, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(s_answerWait, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            await using var stream = await open(node, new StreamRequest(GpuInventory.StreamKind, default), limit.Token);
            return GpuJson.Read(await UsageRelay.All(stream, GpuInventory.BytesMax, limit.Token));
        }
        catch (Exception silent) when (silent is LinkStreamException or OperationCanceledException)
        {
            ct.ThrowIfCancellationRequested();
            log.UsageUnknown(node, silent.Message);
            return null;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidDataException)
        {
            log.UsageRefused(node, wrong.Message);
            return null;
        }
    }
}
