using Edge.Agent.Runtime.Logs;
using Edge.Agent.Runtime.Streams;
using Edge.Proto.Link;

namespace Edge.Agent.Report.Streams;

/// <summary>
/// Joins the streams of a process and a stream of the link, until the process or the one at it is gone.
/// </summary>
internal sealed class ProcessRelay(ProcessStreams process, LinkStream stream, TimeProvider clock)
{
    /// <summary>
    /// A process may leave children that hold its outputs open for ever: so long a silence ends them. While the link
    /// takes its time there is no silence.
    /// </summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    /// <summary>Of a process that has ended no more waits anywhere; what comes then is its children's.</summary>
    private const long RestBytesMax = LogTap.HeldBytesMax;

    private long _taken;
    private long _rest = long.MaxValue;
    private int _sending;

    /// <summary>The process's exit code, where there is one to tell.</summary>
    /// <exception cref="LinkStreamException">The other end is gone.</exception>
    public async Task<int?> Run(CancellationToken token)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var exit = process.Wait(over.Token);
        var left = Left(over.Token);
        var sizes = CopySizes(over.Token);
        var outputs = Task.WhenAll(
            CopyOutput(ProcessStreams.Output, over.Token), CopyOutput(ProcessStreams.Error, over.Token));
        try
        {
            if (await Task.WhenAny(exit, left) != exit)
            {
                await left;
                return null;
            }

            var code = await exit;
            Interlocked.Exchange(ref _rest, RestBytesMax);
            await Rest(outputs, over.Token);
            return code;
        }
        finally
        {
            // Nobody may use the process's descriptors after this.
            await over.CancelAsync();
            await Task.WhenAll(exit, left, sizes, outputs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Rest(Task outputs, CancellationToken token)
    {
        while (!outputs.IsCompleted)
        {
            var before = Interlocked.Read(ref _taken);
            await Task.WhenAny(outputs, Task.Delay(SilenceMax, clock, token));
            token.ThrowIfCancellationRequested();
            var isSilent = before == Interlocked.Read(ref _taken) && Volatile.Read(ref _sending) == 0;
            if (isSilent && !outputs.IsCompleted)
            {
                return;
            }
        }

        await outputs;
    }

    /// <summary>Copies the input; returns when this ended the conversation.</summary>
    private async Task Left(CancellationToken token)
    {
        while (await stream.ReadPiece(token) is { } piece)
        {
            await process.Write(piece.Data, token);
            if (piece.IsLast && await process.CloseInput(token))
            {
                return;
            }
        }
    }

    private async Task CopySizes(CancellationToken token)
    {
        while (await stream.ReadSize(token) is { } size)
        {
            await process.Resize(size.Width, size.Height, token);
        }
    }

    private async Task CopyOutput(int channel, CancellationToken token)
    {
        var buffer = new byte[ProcessStreams.ReadBytes];
        while (await process.Read(channel, buffer, token) is > 0 and var got
            && Interlocked.Add(ref _rest, -got) >= 0)
        {
            Interlocked.Increment(ref _sending);
            Interlocked.Add(ref _taken, got);
            await stream.Write((uint)channel, buffer.AsMemory(0, got), token);
            Interlocked.Decrement(ref _sending);
        }
    }
}
