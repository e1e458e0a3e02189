using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Usage;

/// <summary>
/// Answers the server's question what the GPUs say now. Their driver is asked then and never else.
/// </summary>
/// <param name="read">Asks the driver; ends within the deadline of a look.</param>
/// <param name="clock">Says how old an answer is.</param>
/// <param name="stop">Ends the question; whoever asked it first may leave before.</param>
internal sealed class GpuStreams(
    Func<CancellationToken, Task<GpuInventory>> read, TimeProvider clock, CancellationToken stop)
{
    private readonly Lock _gate = new();
    private (long At, Task<GpuInventory> Answer)? _question;

    public async Task<string?> Answer(
        ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var gpus = await Ask().WaitAsync(cancellation);
        await stream.Write(GpuJson.Bytes(gpus, readings: true), cancellation);
        return null;
    }

    /// <summary>One answer serves all who ask at the same time, or soon after.</summary>
    internal Task<GpuInventory> Ask()
    {
        lock (_gate)
        {
            if (_question is not { } asked
                || (asked.Answer.IsCompleted && clock.GetElapsedTime(asked.At) >= UsageMeter.FreshFor))
            {
                _question = asked = (clock.GetTimestamp(), read(stop));
            }

            return asked.Answer;
        }
    }
}
