using System.Buffers;
using System.IO.Pipelines;

namespace Edge.Server.Api.Streams;

/// <summary>
/// Lines as text messages of a WebSocket, one each: how a watch comes to clients that read no body while it grows.
/// What is flushed ends with a line.
/// </summary>
internal sealed class LineMessages(OutgoingSocket socket) : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _lines = new();

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _lines.WrittenCount;

    public override void Advance(int bytes) => _lines.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _lines.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _lines.GetSpan(sizeHint);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var rest = _lines.WrittenMemory;
        while (rest.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            await socket.Send(rest[..end], isText: true, cancellationToken);
            rest = rest[(end + 1)..];
        }

        _lines.ResetWrittenCount();
        return default;
    }

    public override void CancelPendingFlush() => throw new NotSupportedException();

    public override void Complete(Exception? exception = null)
    {
        // Whoever opened the socket closes it.
    }
}
