using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>
/// A volume of a pod; exactly one source is set (core/v1 Volume). Sources we do not mount stay plain JSON.
/// </summary>
public sealed record Volume
{
    public string Name { get => field ?? ""; init; }
    public ConfigMapVolumeSource? ConfigMap { get; init; }
    public SecretVolumeSource? Secret { get; init; }
    public EmptyDirVolumeSource? EmptyDir { get; init; }
    public HostPathVolumeSource? HostPath { get; init; }
    public DownwardApiVolumeSource? DownwardAPI { get; init; }
    public ProjectedVolumeSource? Projected { get; init; }
    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; init; }
    public JsonElement? Ephemeral { get; init; }
    public JsonElement? Csi { get; init; }
    public JsonElement? Nfs { get; init; }
    public JsonElement? Iscsi { get; init; }
    public JsonElement? Image { get; init; }
    public JsonElement? AwsElasticBlockStore { get; init; }
    public JsonElement? AzureDisk { get; init; }
    public JsonElement? AzureFile { get; init; }
    public JsonElement? Cephfs { get; init; }
    public JsonElement? Cinder { get; init; }
    public JsonElement? Fc { get; init; }
    public JsonElement? FlexVolume { get; init; }
    public JsonElement? Flocker { get; init; }
    public JsonElement? GcePersistentDisk { get; init; }
    public JsonElement? GitRepo { get; init; }
    public JsonElement? Glusterfs { get; init; }
    public JsonElement? PhotonPersistentDisk { get; init; }
    public JsonElement? PortworxVolume { get; init; }
    public JsonElement? Quobyte { get; init; }
    public JsonElement? Rbd { get; init; }
    public JsonElement? ScaleIO { get; init; }
    public JsonElement? Storageos { get; init; }
    public JsonElement? VsphereVolume { get; init; }
}

/// <summary>One key written to one path below the volume (core/v1 KeyToPath).</summary>
public sealed record KeyToPath
{
    public string Key { get => field ?? ""; init; }
    public string Path { get => field ?? ""; init; }
    public int? Mode { get; init; }
}

/// <summary>A ConfigMap as files (core/v1 ConfigMapVolumeSource).</summary>
public sealed record ConfigMapVolumeSource
{
    public string Name { get => field ?? ""; init; }
    public IReadOnlyList<KeyToPath>? Items { get; init; }
    public int? DefaultMode { get; init; }
    public bool? Optional { get; init; }
}

/// <summary>A Secret as files (core/v1 SecretVolumeSource).</summary>
public sealed record SecretVolumeSource
{
    public string? SecretName { get; init; }
    public IReadOnlyList<KeyToPath>? Items { get; init; }
    public int? DefaultMode { get; init; }
    public bool? Optional { get; init; }
}

/// <summary>An empty directory that lives as long as the pod (core/v1 EmptyDirVolumeSource).</summary>
public sealed record EmptyDirVolumeSource
{
    /// <summary>Empty for disk, <c>Memory</c> for tmpfs.</summary>
    public string? Medium { get; init; }
    public Quantity? SizeLimit { get; init; }
}

/// <summary>A path of the node (core/v1 HostPathVolumeSource).</summary>
public sealed record HostPathVolumeSource
{
    public string Path { get => field ?? ""; init; }
    public string? Type { get; init; }
}

/// <summary>Fields of the pod as files (core/v1 DownwardAPIVolumeSource).</summary>
public sealed record DownwardApiVolumeSource
{
    public IReadOnlyList<DownwardApiVolumeFile>? Items { get; init; }
    public int? DefaultMode { get; init; }
}

/// <summary>One file of a downward API volume (core/v1 DownwardAPIVolumeFile).</summary>
public sealed record DownwardApiVolumeFile
{
    public string Path { get => field ?? ""; init; }
    public ObjectFieldSelector? FieldRef { get; init; }
    public ResourceFieldSelector? ResourceFieldRef { get; init; }
    public int? Mode { get; init; }
}

/// <summary>Several sources in one directory (core/v1 ProjectedVolumeSource).</summary>
public sealed record ProjectedVolumeSource
{
    public IReadOnlyList<VolumeProjection>? Sources { get; init; }
    public int? DefaultMode { get; init; }
}

/// <summary>One source of a projected volume (core/v1 VolumeProjection).</summary>
public sealed record VolumeProjection
{
    public ProjectedSource? ConfigMap { get; init; }
    public ProjectedSource? Secret { get; init; }
    public DownwardApiVolumeSource? DownwardAPI { get; init; }
    public JsonElement? ServiceAccountToken { get; init; }
    public JsonElement? ClusterTrustBundle { get; init; }
}

/// <summary>A ConfigMap or Secret inside a projected volume (core/v1 ConfigMapProjection, SecretProjection).</summary>
public sealed record ProjectedSource
{
    public string Name { get => field ?? ""; init; }
    public IReadOnlyList<KeyToPath>? Items { get; init; }
    public bool? Optional { get; init; }
}

/// <summary>A claim of the pod's namespace (core/v1 PersistentVolumeClaimVolumeSource).</summary>
public sealed record PersistentVolumeClaimVolumeSource
{
    public string ClaimName { get => field ?? ""; init; }
    public bool? ReadOnly { get; init; }
}
