namespace Edge.Proto.Model;

/// <summary>A name for how important a pod is (scheduling.k8s.io/v1 PriorityClass).</summary>
public sealed record PriorityClass
{
    public string ApiVersion { get => field ?? "scheduling.k8s.io/v1"; init; }
    public string Kind { get => field ?? "PriorityClass"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }

    /// <summary>The higher, the more important; people may give at most a thousand million.</summary>
    public int Value { get; init; }

    /// <summary>Pods that name no class get this one.</summary>
    public bool? GlobalDefault { get; init; }
    public string? Description { get; init; }

    /// <summary><c>PreemptLowerPriority</c> or <c>Never</c>.</summary>
    public string? PreemptionPolicy { get; init; }
}
