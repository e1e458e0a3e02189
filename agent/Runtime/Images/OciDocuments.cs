using System.Text.Json.Serialization;

namespace Edge.Agent.Runtime.Images;

/// <summary>The types of documents that a registry may answer.</summary>
internal static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    public static readonly string[] Manifests = [OciIndex, OciManifest, DockerList, DockerManifest];

    public static bool IsIndex(string type) => type is OciIndex or DockerList;
}

/// <summary>A pointer to a blob by digest, with its size and type.</summary>
internal sealed record OciDescriptor
{
    public string MediaType { get; init; } = "";

    public string Digest { get; init; } = "";

    public long Size { get; init; }

    public OciPlatform? Platform { get; init; }
}

/// <summary>The platform of one manifest of an index.</summary>
internal sealed record OciPlatform
{
    public string Os { get; init; } = "";

    public string Architecture { get; init; } = "";

    public string? Variant { get; init; }
}

/// <summary>An index (its <see cref="Manifests"/> are set) or a manifest (config and layers are set).</summary>
internal sealed record OciManifest
{
    public string? MediaType { get; init; }

    public IReadOnlyList<OciDescriptor>? Manifests { get; init; }

    public OciDescriptor? Config { get; init; }

    public IReadOnlyList<OciDescriptor>? Layers { get; init; }
}

/// <summary>The image configuration: platform, how to start, and the digests of the unpacked layers.</summary>
internal sealed record OciImageConfig
{
    public string Os { get; init; } = "";

    public string Architecture { get; init; } = "";

    public string? Variant { get; init; }

    public OciImageProcess? Config { get; init; }

    public OciRootFs? Rootfs { get; init; }
}

/// <summary>How an image starts; the names are Docker's, so they begin with capitals.</summary>
internal sealed record OciImageProcess
{
    [JsonPropertyName("User")]
    public string? User { get; init; }

    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    [JsonPropertyName("Cmd")]
    public IReadOnlyList<string>? Cmd { get; init; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }
}

/// <summary>Digests of the uncompressed layers, bottom first.</summary>
internal sealed record OciRootFs
{
    [JsonPropertyName("diff_ids")]
    public IReadOnlyList<string>? DiffIds { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciImageConfig))]
internal sealed partial class OciJson : JsonSerializerContext;
