namespace Edge.Proto.Model;

/// <summary>
/// Metadata every stored object carries (meta/v1 ObjectMeta). <c>ResourceVersion</c> is the store's revision.
/// </summary>
public sealed record ObjectMeta
{
    public string? Name { get; init; }
    public string? GenerateName { get; init; }
    public string? Namespace { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public long? Generation { get; init; }
    public DateTimeOffset? CreationTimestamp { get; init; }
    public DateTimeOffset? DeletionTimestamp { get; init; }
    public long? DeletionGracePeriodSeconds { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    public IReadOnlyList<OwnerReference>? OwnerReferences { get; init; }
    public IReadOnlyList<string>? Finalizers { get; init; }
    public System.Text.Json.JsonElement? ManagedFields { get; init; }
}

/// <summary>The object that owns another one; the garbage collector follows it (meta/v1 OwnerReference).</summary>
public sealed record OwnerReference
{
    public string ApiVersion { get => field ?? ""; init; }
    public string Kind { get => field ?? ""; init; }
    public string Name { get => field ?? ""; init; }
    public string Uid { get => field ?? ""; init; }
    public bool? Controller { get; init; }
    public bool? BlockOwnerDeletion { get; init; }
}

/// <summary>A condition of an object's status. Which types exist is said by the kind.</summary>
public sealed record Condition
{
    public string Type { get => field ?? ""; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get => field ?? ""; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public long? ObservedGeneration { get; init; }
    public DateTimeOffset? LastHeartbeatTime { get; init; }
    public DateTimeOffset? LastProbeTime { get; init; }
    public DateTimeOffset? LastTransitionTime { get; init; }
    public DateTimeOffset? LastUpdateTime { get; init; }
}

/// <summary>A reference to an object in the same namespace (core/v1 LocalObjectReference).</summary>
public sealed record LocalObjectReference
{
    public string Name { get => field ?? ""; init; }
}

/// <summary>A reference to any object (core/v1 ObjectReference).</summary>
public sealed record ObjectReference
{
    public string? Kind { get; init; }
    public string? Namespace { get; init; }
    public string? Name { get; init; }
    public string? Uid { get; init; }
    public string? ApiVersion { get; init; }
    public string? ResourceVersion { get; init; }
    public string? FieldPath { get; init; }
}
