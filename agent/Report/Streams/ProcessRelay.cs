using Edge.Agent.Runtime.Streams;
using Edge.Proto.Link;

namespace Edge.Agent.Report.Streams;

/// <summary>
/// Joins the streams of a process and a stream of the link, until the process or the one at it is gone.
/// </summary>
internal sealed class ProcessRelay(ProcessStreams process, LinkStream stream, TimeProvider clock)
{
    /// <summary>
    /// A process may leave children that hold its outputs open for ever; after so long what they write is not its
    /// output any more.
    /// </summary>
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(10);

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
            await await Task.WhenAny(outputs, Task.Delay(DrainMax, clock, over.Token));
            return code;
        }
        finally
        {
            // Nobody may use the process's descriptors after this.
            await over.CancelAsync();
            await Task.WhenAll(exit, left, sizes, outputs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
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
        while (await process.Read(channel, buffer, token) is > 0 and var got)
        {
            await stream.Write((uint)channel, buffer.AsMemory(0, got), token);
        }
    }
}
