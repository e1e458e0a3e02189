using System.Threading.Channels;
using Edge.Server.Fleet;

namespace Edge.Server.Api.Streams;

/// <summary>
/// Joins a client and a process on a node until one of them is gone. Neither is read faster than the other takes it.
/// </summary>
/// <param name="client">Disposed by the caller.</param>
/// <param name="node">Disposed by the caller, which ends the process.</param>
/// <param name="command">What runs there; empty when it is the container's own process.</param>
/// <param name="time">Bounds the silence.</param>
internal sealed class ProcessSession(
    ProcessClient client, NodeStream node, IReadOnlyList<string> command, TimeProvider time) : IDisposable
{
    /// <summary>How long a client may take to leave when all is said; then it is left.</summary>
    private static readonly TimeSpan LeaveWait = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A window that is dragged tells many sizes; the node hears one in so long, the newest. Sizes need no credit.
    /// </summary>
    private static readonly TimeSpan SizeEvery = TimeSpan.FromMilliseconds(100);

    private readonly IdleLimit _idle = new(time);

    private readonly Channel<ClientSays.Size> _sizes = Channel.CreateBounded<ClientSays.Size>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    public async Task Run(CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct, _idle.Token);
        var input = CopyInput(over.Token);
        var pings = Ping(over.Token);
        var sizes = CopySizes(over.Token);
        var output = CopyOutput(over.Token);
        try
        {
            await await Task.WhenAny(input, output);
            if (output.IsCompleted)
            {
                await Task.WhenAny(input, Task.Delay(LeaveWait, time, over.Token));
            }
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll(input, output, sizes, pings).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _idle.Dispose();

    /// <summary>Returns when the client is gone. What it says after the process's end is passed over.</summary>
    private async Task CopyInput(CancellationToken ct)
    {
        var isOver = false;
        while (await client.Read(ct) is { } said)
        {
            _idle.Touch();
            switch (said)
            {
                case ClientSays.Input input when !isOver:
                    isOver = !await TryWrite(input.Data, ct);
                    break;
                case ClientSays.InputEnd:
                    node.CloseInput();
                    break;
                case ClientSays.Size size:
                    _sizes.Writer.TryWrite(size);
                    break;
                default:
                    break;
            }
        }
    }

    private async ValueTask<bool> TryWrite(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        try
        {
            await node.Write(data, ct);
            return true;
        }
        catch (IOException)
        {
            // The other direction says why.
            return false;
        }
    }

    private async Task CopyOutput(CancellationToken ct)
    {
        ProcessStatus status;
        while (true)
        {
            NodePiece? piece;
            try
            {
                piece = await node.Read(ct);
            }
            catch (IOException broken)
            {
                status = Failure(broken.Message);
                break;
            }

            if (piece is null)
            {
                status = node.ExitCode is { } code ? ProcessStatus.Exit(code, command) : ProcessStatus.Success;
                break;
            }

            _idle.Touch();
            await client.Write(piece.Channel, piece.Data, ct);
        }

        await client.Finish(status, ct);
    }

    private async Task CopySizes(CancellationToken ct)
    {
        while (true)
        {
            var size = await _sizes.Reader.ReadAsync(ct);
            node.Resize(size.Width, size.Height);
            await Task.Delay(SizeEvery, time, ct);
        }
    }

    private ProcessStatus Failure(string why) => ProcessStatus.Failure(
        command.Count > 0 ? $"error executing command in container: {why}" : $"error attaching to container: {why}");

    private async Task Ping(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Upgrade.KeepAlive, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await client.Ping(ct);
        }
    }
}
