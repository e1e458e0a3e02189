using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Content;

using Google.Protobuf.WellKnownTypes;

namespace Edge.Agent.Runtime.Images;

/// <summary>Blobs in containerd, by digest.</summary>
internal sealed class ContentStore(GrpcChannel channel)
{
    /// <summary>Manifests and configurations; Docker's own limit for manifests is 4 MiB.</summary>
    public const int DocumentBytesMax = 8 * 1024 * 1024;

    public async Task<bool> Has(string digest, CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.ContentInfo, new InfoRequest { Digest = digest }, token);
            return true;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return false;
        }
    }

    /// <summary>A small blob whole, or null when it is not there.</summary>
    public async Task<byte[]?> Read(string digest, CancellationToken token)
    {
        using var bytes = new MemoryStream();
        try
        {
            var request = new ReadContentRequest { Digest = digest };
            await foreach (var part in channel.Follow(ContainerdApi.ReadContent, request, token))
            {
                part.Data.WriteTo(bytes);
                if (bytes.Length > DocumentBytesMax)
                {
                    throw new RuntimeException(RuntimeReason.InvalidArgument, $"{digest} is too large for a document");
                }
            }
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return null;
        }

        return bytes.ToArray();
    }

    /// <summary>Writes a small blob; there already is success (and takes it into the lease).</summary>
    public async Task Write(
        string digest, byte[] bytes, IReadOnlyDictionary<string, string> labels, string lease, CancellationToken token)
    {
        await using var ingest = new ContentIngest(channel, $"document-{digest}", digest, bytes.Length, lease, token);
        if (await ingest.Open() is not { } offset)
        {
            // What is there may come from an older agent, or from `ctr`: the labels are what keeps the children.
            await Label(digest, labels, token);
            return;
        }

        if (offset < bytes.Length)
        {
            await ingest.Write(bytes.AsMemory((int)offset), offset);
        }

        await ingest.Commit(labels);
    }

    /// <summary>Sets labels one by one, so that labels of others stay.</summary>
    public async Task Label(string digest, IReadOnlyDictionary<string, string> labels, CancellationToken token)
    {
        if (labels.Count == 0)
        {
            return;
        }

        var request = new UpdateRequest { Info = new Info { Digest = digest }, UpdateMask = new FieldMask() };
        foreach (var (key, value) in labels)
        {
            request.Info.Labels[key] = value;
            request.UpdateMask.Paths.Add($"labels.{key}");
        }

        await channel.Call(ContainerdApi.UpdateContent, request, token);
    }

    public async Task Abort(string reference, CancellationToken token)
    {
        try
        {
            await channel.Call(ContainerdApi.AbortContent, new AbortRequest { Ref = reference }, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // Nothing was begun under this name.
        }
    }
}
