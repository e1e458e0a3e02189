using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>Asks for storage that outlives a pod (core/v1 PersistentVolumeClaim).</summary>
public sealed record PersistentVolumeClaim
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "PersistentVolumeClaim"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }

    /// <summary>Carried as it is: nothing of ours makes volumes.</summary>
    public JsonElement? Spec { get; init; }
    public PersistentVolumeClaimStatus? Status { get; init; }
}

/// <summary>Where a claim is in its life (core/v1 PersistentVolumeClaimStatus).</summary>
public sealed record PersistentVolumeClaimStatus
{
    /// <summary><c>Pending</c>, <c>Bound</c> or <c>Lost</c>.</summary>
    public string? Phase { get; init; }
}
