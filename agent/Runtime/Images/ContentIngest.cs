using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Content;
using Google.Protobuf;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// One blob on its way into containerd: Open → Write… → Commit. The reference names the blob's digest, because
/// containerd keeps a partial ingest but not what it is to become.
/// </summary>
internal sealed class ContentIngest : IAsyncDisposable
{
    /// <summary>Well below the message limit; one acknowledgement per chunk.</summary>
    public const int ChunkBytes = 512 * 1024;

    /// <summary>Reopening hashes the whole partial file: several GiB on an SD card take minutes.</summary>
    private static readonly TimeSpan OpenMax = TimeSpan.FromMinutes(10);

    /// <summary>A chunk, or the fsync of the whole blob.</summary>
    private static readonly TimeSpan WriteMax = TimeSpan.FromMinutes(10);

    private readonly GrpcDuplexCall<WriteContentRequest, WriteContentResponse> _call;
    private readonly string _reference;
    private readonly string _digest;
    private readonly long _total;

    public ContentIngest(
        GrpcChannel channel, string reference, string digest, long total, string lease, CancellationToken token)
    {
        (_reference, _digest, _total) = (reference, digest, total);
        _call = channel.Open(ContainerdApi.WriteContent, lease, token);
    }

    /// <summary>Where to go on, or null when the blob is there already.</summary>
    public async Task<long?> Open()
    {
        try
        {
            return (await Ask(Message(WriteAction.Stat, 0), OpenMax)).Offset;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            return null;
        }
    }

    /// <summary>Offset zero truncates, so it must be what was acknowledged before.</summary>
    public async Task Write(ReadOnlyMemory<byte> data, long offset)
    {
        for (var from = 0; from < data.Length; from += ChunkBytes)
        {
            var message = Message(WriteAction.Write, offset + from);
            message.Data = UnsafeByteOperations.UnsafeWrap(data.Slice(from, Math.Min(ChunkBytes, data.Length - from)));
            await Ask(message, WriteMax);
        }
    }

    /// <summary>containerd checks size and digest here.</summary>
    public async Task Commit(IReadOnlyDictionary<string, string> labels)
    {
        var message = Message(WriteAction.Commit, _total);
        message.Labels.Add(labels.ToDictionary());
        try
        {
            await Ask(message, WriteMax);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // Somebody else finished the same blob first.
        }

        _call.Complete();
    }

    public ValueTask DisposeAsync() => _call.DisposeAsync();

    private WriteContentRequest Message(WriteAction action, long offset) => new()
    {
        Action = action,
        Ref = _reference,
        Total = _total,
        Expected = _digest,
        Offset = offset,
    };

    private async Task<WriteContentResponse> Ask(WriteContentRequest message, TimeSpan deadline)
    {
        await _call.Send(message);
        return await _call.Receive(deadline)
            ?? throw new RuntimeException(RuntimeReason.Unavailable, $"the ingest {_reference} ended early");
    }
}
