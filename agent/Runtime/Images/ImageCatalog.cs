using System.Text.Json;
using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Images;
using Edge.Proto.Containerd.Types;
using Google.Protobuf.WellKnownTypes;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// The images that are complete on this node. An image object is written last, after its bytes are on the disk, so
/// what is here can run without a registry.
/// </summary>
internal sealed class ImageCatalog(GrpcChannel channel, ContentStore content, Unpack unpack, ImagePlatform platform)
{
    /// <summary>What <see cref="List"/> found last, by target digest: bytes under a digest do not change.</summary>
    private Dictionary<string, ImageRecord> _listed = [];

    /// <summary>By full or short name, repository@digest, or bare digest.</summary>
    public async Task<ImageRecord?> Find(string referenceOrDigest, CancellationToken token)
    {
        var parsed = ImageReference.Parse(referenceOrDigest, out _);
        if (!referenceOrDigest.StartsWith("sha256:", StringComparison.Ordinal) && parsed is not null)
        {
            if (await Get(parsed.Name, token) is { } image)
            {
                return await Read(image.Name, image.Target, token);
            }

            referenceOrDigest = parsed.Digest ?? "";
        }

        // The digest alone also finds an image that came under another name.
        return referenceOrDigest.Length == 0 ? null : await ByDigest(referenceOrDigest, token);
    }

    public async Task<IReadOnlyList<ImageRecord>> List(CancellationToken token)
    {
        var listed = await channel.Call(ContainerdApi.ListImages, new ListImagesRequest(), token);
        var records = new List<ImageRecord>();
        var known = new Dictionary<string, ImageRecord>();
        foreach (var image in listed.Images)
        {
            var digest = image.Target.Digest;
            var record = known.GetValueOrDefault(digest) ?? _listed.GetValueOrDefault(digest)
                ?? await Read(image.Name, image.Target, token);
            if (record is not null)
            {
                known[digest] = record;
                records.Add(record with { Name = image.Name });
            }
        }

        _listed = known;
        return records;
    }

    /// <summary>Makes the image known under its name; a moved tag moves.</summary>
    public async Task Put(string name, ContentDescriptor target, string? lease, CancellationToken token)
    {
        var image = new Image { Name = name, Target = target };
        try
        {
            await channel.Call(ContainerdApi.CreateImage, new CreateImageRequest { Image = image }, token, lease);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.AlreadyExists)
        {
            var update = new UpdateImageRequest { Image = image, UpdateMask = new FieldMask { Paths = { "target" } } };
            await channel.Call(ContainerdApi.UpdateImage, update, token, lease);
        }
    }

    public async Task Remove(string name, CancellationToken token)
    {
        try
        {
            var request = new DeleteImageRequest { Name = name, Sync = true };
            await channel.Call(ContainerdApi.DeleteImage, request, token);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            // Removed already.
        }
    }

    /// <summary>Null when a part is missing; what is there but not unpacked is unpacked.</summary>
    public async Task<ImageRecord?> Read(string name, ContentDescriptor target, CancellationToken token)
    {
        try
        {
            return await ReadWhole(name, target, token);
        }
        catch (JsonException)
        {
            await RemoveDamaged(target.Digest, token);
            return null;
        }
    }

    private async Task<ImageRecord?> ReadWhole(string name, ContentDescriptor target, CancellationToken token)
    {
        var manifest = await ReadManifest(target.Digest, token);
        if (manifest?.Config is not { } configBlob || manifest.Layers is not { } layers
            || await content.Read(configBlob.Digest, token) is not { } bytes)
        {
            return null;
        }

        var config = JsonSerializer.Deserialize(bytes, OciJson.Default.OciImageConfig);
        var diffIds = config?.Rootfs?.DiffIds ?? [];
        var chainId = Unpack.ChainId(diffIds);
        if (config is null || diffIds.Count != layers.Count || !await EnsureUnpacked(layers, diffIds, chainId, token))
        {
            return null;
        }

        return new ImageRecord
        {
            Name = name,
            Digest = target.Digest,
            ConfigDigest = configBlob.Digest,
            ChainId = chainId,
            SizeBytes = target.Size + configBlob.Size + layers.Sum(layer => layer.Size),
            Config = ConfigOf(config.Config),
        };
    }

    /// <summary>
    /// containerd keeps what it has under a digest, whatever its bytes: it comes anew only when no name leads there.
    /// </summary>
    private async Task RemoveDamaged(string digest, CancellationToken token)
    {
        foreach (var image in await Named(digest, token))
        {
            await Remove(image.Name, token);
        }
    }

    private async Task<OciManifest?> ReadManifest(string digest, CancellationToken token)
    {
        var document = await ReadDocument(digest, token);
        return document?.Manifests is { } manifests
            ? PlatformPlan.Choose(manifests, platform) is { } chosen ? await ReadDocument(chosen.Digest, token) : null
            : document;
    }

    private async Task<OciManifest?> ReadDocument(string digest, CancellationToken token) =>
        await content.Read(digest, token) is { } bytes
            ? JsonSerializer.Deserialize(bytes, OciJson.Default.OciManifest)
            : null;

    private async Task<bool> EnsureUnpacked(
        IReadOnlyList<OciDescriptor> layers, IReadOnlyList<string> diffIds, string chainId, CancellationToken token)
    {
        if (chainId.Length == 0 || await unpack.IsReady(chainId, token))
        {
            return true;
        }

        foreach (var layer in layers)
        {
            if (!await content.Has(layer.Digest, token))
            {
                return false;
            }
        }

        await unpack.Run(layers, diffIds, lease: null, token);
        return true;
    }

    private async Task<Image?> Get(string name, CancellationToken token)
    {
        try
        {
            return (await channel.Call(ContainerdApi.GetImage, new GetImageRequest { Name = name }, token)).Image;
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return null;
        }
    }

    private async Task<ImageRecord?> ByDigest(string digest, CancellationToken token) =>
        await Named(digest, token) is [var image, ..] ? await Read(image.Name, image.Target, token) : null;

    private async Task<IReadOnlyList<Image>> Named(string digest, CancellationToken token)
    {
        var request = new ListImagesRequest { Filters = { $"target.digest=={digest}" } };
        return (await channel.Call(ContainerdApi.ListImages, request, token)).Images;
    }

    private static ImageConfig ConfigOf(OciImageProcess? process) => new()
    {
        User = process?.User ?? "",
        Env = process?.Env ?? [],
        Entrypoint = process?.Entrypoint ?? [],
        Cmd = process?.Cmd ?? [],
        WorkingDir = process?.WorkingDir ?? "",
        StopSignal = process?.StopSignal ?? "",
    };
}
