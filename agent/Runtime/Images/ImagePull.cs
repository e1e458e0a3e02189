using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Leases;
using Edge.Proto.Containerd.Types;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// One pull: resolve → blobs → unpack → image object. All of it happens under a lease whose id follows from the image
/// name, so that the next attempt, also after a power cut, finds what the last one left.
/// </summary>
internal sealed class ImagePull(
    GrpcChannel channel, ContentStore content, Unpack unpack, ImageCatalog catalog, BandwidthCap cap,
    DigestGates gates, ImagePlatform platform, Func<CancellationToken, Task> syncContent)
{
    /// <summary>Layers at once; more only share the same link. containerd's own default.</summary>
    private const int LayersAtOnce = 3;

    public static string LeaseOf(string name) =>
        $"pull-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32]}";

    public async Task<ImageRecord> Run(
        ImageReference image, RegistryClient registry, TimeProvider clock, IProgress<PullProgress>? progress,
        CancellationToken token)
    {
        var lease = LeaseOf(image.Name);
        var root = await Resolve(image, registry, token);
        var (manifest, manifestBlob) = await Choose(registry, root, token);
        if (manifest.Config is not { } configBlob || manifest.Layers is not { } layers)
        {
            throw new RegistryException($"unexpected media type {root.MediaType} for {root.Digest}: not found");
        }

        var config = await FetchDocument(registry, configBlob, token);
        var parsed = Parse(config, OciJson.Default.OciImageConfig);
        var diffIds = parsed.Rootfs?.DiffIds ?? [];
        if (!PlatformPlan.Runs(parsed, platform))
        {
            throw new RegistryException("no match for platform in manifest: not found");
        }

        if (diffIds.Count != layers.Count)
        {
            throw new RegistryException("mismatched image rootfs and manifest layers");
        }

        await FetchLayers(layers, registry, clock, lease, progress, token);
        var chainId = Unpack.ChainId(diffIds);
        await content.Write(configBlob.Digest, config, ImageLabels.OfConfig(unpack.Snapshotter, chainId), lease, token);
        await content.Write(
            manifestBlob.Digest, manifestBlob.Bytes, ImageLabels.OfManifest(configBlob, layers), lease, token);
        if (root.Digest != manifestBlob.Digest)
        {
            await content.Write(root.Digest, root.Bytes, ImageLabels.OfIndex(manifestBlob.Digest), lease, token);
        }

        await unpack.Run(layers, diffIds, lease, token);
        await syncContent(token);
        return await Publish(image, root, lease, token);
    }

    private async Task<ImageRecord> Publish(
        ImageReference image, Document root, string lease, CancellationToken token)
    {
        var target = new ContentDescriptor
        {
            MediaType = root.MediaType, Digest = root.Digest, Size = root.Bytes.Length,
        };
        if (await catalog.Read(image.Name, target, token) is not { } record)
        {
            // What the lease kept of an earlier attempt is no good; the next one begins from nothing.
            await channel.Call(ContainerdApi.DeleteLease, new DeleteRequest { Id = lease, Sync = true }, token);
            throw new RegistryException($"{image.Name} is not complete after its pull");
        }

        await catalog.Put(image.Name, target, lease, token);
        // A tag may move; who runs by digest still needs what it had.
        await catalog.Put(record.RepoDigest, target, lease, token);
        return record;
    }

    private static async Task<Document> Resolve(
        ImageReference image, RegistryClient registry, CancellationToken token)
    {
        try
        {
            return await FetchManifest(registry, image.Target, image.Digest, token);
        }
        catch (RegistryException e)
        {
            throw new RegistryException($"failed to resolve reference \"{image.Name}\": {e.Message}", e.Status, e);
        }
    }

    private async Task<(OciManifest Manifest, Document Blob)> Choose(
        RegistryClient registry, Document root, CancellationToken token)
    {
        var document = Parse(root.Bytes, OciJson.Default.OciManifest);
        if (document.Manifests is not { } manifests)
        {
            return (document, root);
        }

        var chosen = PlatformPlan.Choose(manifests, platform)
            ?? throw new RegistryException("no match for platform in manifest: not found");
        var blob = await FetchManifest(registry, chosen.Digest, chosen.Digest, token);
        return (Parse(blob.Bytes, OciJson.Default.OciManifest), blob);
    }

    private async Task FetchLayers(
        IReadOnlyList<OciDescriptor> layers, RegistryClient registry, TimeProvider clock, string lease,
        IProgress<PullProgress>? progress, CancellationToken token)
    {
        var tally = new PullTally(layers, progress);
        var download = new LayerDownload(
            content,
            (reference, digest, size, stop) => new ContentIngest(channel, reference, digest, size, lease, stop),
            registry, cap, clock);
        var options = new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnce, CancellationToken = token };
        // A manifest may name the same blob twice; two writers of one blob would lock each other out.
        await Parallel.ForEachAsync(layers.DistinctBy(layer => layer.Digest), options, async (layer, stop) =>
        {
            // containerd lets one writer at a time have a blob, also for two images that share it.
            using var gate = await gates.Enter(layer.Digest, stop);
            await download.Fetch(layer, ImageLabels.None, done => tally.Advance(layer.Digest, done), stop);
        });
    }

    private static async Task<Document> FetchManifest(
        RegistryClient registry, string target, string? digest, CancellationToken token)
    {
        using var response = await registry.Manifest(target, token);
        var bytes = await ReadDocument(response, token);
        var actual = Sha256(bytes);
        if (digest is not null && digest != actual)
        {
            throw new RegistryException($"unexpected digest of manifest {actual}, expected {digest}");
        }

        var type = response.Content.Headers.ContentType?.MediaType
            ?? Parse(bytes, OciJson.Default.OciManifest).MediaType ?? MediaTypes.OciManifest;
        return new Document(type, actual, bytes);
    }

    private static async Task<byte[]> FetchDocument(
        RegistryClient registry, OciDescriptor blob, CancellationToken token)
    {
        using var response = await registry.Blob(blob.Digest, 0, token);
        var bytes = await ReadDocument(response, token);
        return Sha256(bytes) == blob.Digest
            ? bytes
            : throw new RegistryException(
                $"failed commit on ref \"config-{blob.Digest}\": unexpected commit digest {Sha256(bytes)}, "
                + $"expected {blob.Digest}: failed precondition");
    }

    private static async Task<byte[]> ReadDocument(HttpResponseMessage response, CancellationToken token)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(ContentStore.DocumentBytesMax, token);
            return await response.Content.ReadAsByteArrayAsync(token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new RegistryException($"failed to read a document: {e.Message}", null, e);
        }
    }

    private static T Parse<T>(byte[] bytes, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, type) ?? throw new RegistryException("the document is empty");
        }
        catch (JsonException e)
        {
            throw new RegistryException($"the registry's document is no JSON: {e.Message}", null, e);
        }
    }

    private static string Sha256(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    /// <summary>A small blob that was read whole and verified.</summary>
    private sealed record Document(string MediaType, string Digest, byte[] Bytes);
}
