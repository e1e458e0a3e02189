using Edge.Proto.Link;

namespace Edge.Server.Fleet;

/// <summary>The bytes of a link stream as a <see cref="Stream"/>; read-only, owned by its reader.</summary>
internal sealed class LinkReadStream : Stream
{
    /// <summary>
    /// How long a followed log may stay silent before it counts as accepted: a node refuses within a round trip, a
    /// quiet container may say nothing for hours.
    /// </summary>
    private static readonly TimeSpan RefusalWait = TimeSpan.FromSeconds(2);

    private readonly LinkStream _source;
    private Task<ReadOnlyMemory<byte>?>? _pending;
    private ReadOnlyMemory<byte> _rest;
    private bool _ended;

    private LinkReadStream(LinkStream source) => _source = source;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static async Task<LinkReadStream> Open(
        LinkStream source, bool waitForFirst, TimeProvider time, CancellationToken ct)
    {
        var stream = new LinkReadStream(source);
        try
        {
            stream._pending = source.Read(CancellationToken.None).AsTask();
            if (waitForFirst)
            {
                await stream._pending.WaitAsync(ct);
            }
            else
            {
                await Task.WhenAny(stream._pending, Task.Delay(RefusalWait, time, ct));
            }

            if (stream._pending.IsFaulted)
            {
                await stream._pending;
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken ct = default)
    {
        if (_rest.IsEmpty && !_ended)
        {
            await Fill(ct);
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken ct) =>
        ReadAsync(buffer.AsMemory(offset, count), ct).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("the link is read asynchronously");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        _source.End();
        await _source.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>A read that its caller gave up stays pending and serves the next one, so no bytes are lost.</summary>
    private async Task Fill(CancellationToken ct)
    {
        try
        {
            do
            {
                _pending ??= _source.Read(CancellationToken.None).AsTask();
                var chunk = await _pending.WaitAsync(ct);
                _pending = null;
                _ended = chunk is null;
                _rest = chunk ?? default;
            }
            while (_rest.IsEmpty && !_ended);
        }
        catch (LinkStreamException broken)
        {
            throw new IOException(broken.Message, broken);
        }
    }
}
