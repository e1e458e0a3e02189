using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Diff;
using Edge.Proto.Containerd.Snapshots;
using Edge.Proto.Containerd.Types;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Turns an image's layers into committed snapshots. Between applying and committing, the filesystem is synced, so
/// that a power cut never leaves a committed snapshot with empty files.
/// </summary>
internal sealed class Unpack(
    GrpcChannel channel, ContentStore content, string snapshotter, Random random, TimeProvider clock)
{
    public string Snapshotter => snapshotter;

    /// <summary>The name of the snapshot that has all these layers.</summary>
    public static string ChainId(IEnumerable<string> diffIds) => diffIds.Aggregate(
        "", (chain, diff) => chain.Length == 0 ? diff : Sha256($"{chain} {diff}"));

    public async Task<bool> IsReady(string chainId, CancellationToken token)
    {
        try
        {
            var request = new StatSnapshotRequest { Snapshotter = snapshotter, Key = chainId };
            var answer = await channel.Call(ContainerdApi.StatSnapshot, request, token);
            return answer.Info.Kind == Kind.Committed;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return false;
        }
    }

    public async Task Run(
        IReadOnlyList<OciDescriptor> layers, IReadOnlyList<string> diffIds, string? lease, CancellationToken token)
    {
        var parent = "";
        for (var i = 0; i < layers.Count; i++)
        {
            var chainId = ChainId(diffIds.Take(i + 1));
            if (!await IsReady(chainId, token))
            {
                await RunLayer(layers[i], diffIds[i], parent, chainId, lease, token);
            }

            parent = chainId;
        }
    }

    private async Task RunLayer(
        OciDescriptor layer, string diffId, string parent, string chainId, string? lease, CancellationToken token)
    {
        var key = $"extract-{clock.GetUtcNow().Ticks}-{random.Next():x8} {chainId}";
        var prepare = new PrepareSnapshotRequest
        {
            Snapshotter = snapshotter,
            Key = key,
            Parent = parent,
            Labels = { ["containerd.io/snapshot.ref"] = chainId },
        };
        try
        {
            var prepared = await channel.Call(ContainerdApi.PrepareSnapshot, prepare, token, lease);
            var apply = new ApplyRequest { Diff = Descriptor(layer), SyncFs = true };
            apply.Mounts.Add(prepared.Mounts);
            var applied = await channel.Call(ContainerdApi.ApplyDiff, apply, token, lease);
            if (applied.Applied.Digest != diffId)
            {
                throw new RuntimeException(
                    RuntimeReason.Failed, $"wrong diff id {applied.Applied.Digest} calculated on extraction: {diffId}");
            }

            SnapshotFiles.Sync(prepared.Mounts);
            var commit = new CommitSnapshotRequest { Snapshotter = snapshotter, Name = chainId, Key = key };
            commit.Labels["containerd.io/snapshot.ref"] = chainId;
            await channel.Call(ContainerdApi.CommitSnapshot, commit, token, lease);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            // Another pull unpacked the same layer first.
            await Discard(key, token);
        }
        catch (RuntimeException)
        {
            await Discard(key, token);
            throw;
        }

        var uncompressed = new Dictionary<string, string> { ["containerd.io/uncompressed"] = diffId };
        await content.Label(layer.Digest, uncompressed, token);
    }

    private async Task Discard(string key, CancellationToken token)
    {
        try
        {
            var request = new RemoveSnapshotRequest { Snapshotter = snapshotter, Key = key };
            await channel.Call(ContainerdApi.RemoveSnapshot, request, token);
        }
        catch (RuntimeException e) when (e.Reason is RuntimeReason.NotFound or RuntimeReason.Unavailable)
        {
            // Without a daemon the lease's end removes it.
        }
    }

    private static ContentDescriptor Descriptor(OciDescriptor layer) => new()
    {
        MediaType = layer.MediaType,
        Digest = layer.Digest,
        Size = layer.Size,
    };

    private static string Sha256(string text) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
}
