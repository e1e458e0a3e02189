namespace Edge.Proto.Model;

/// <summary>Settings as key and text (core/v1 ConfigMap).</summary>
public sealed record ConfigMap
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "ConfigMap"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public IReadOnlyDictionary<string, string>? Data { get; init; }
    public IReadOnlyDictionary<string, byte[]>? BinaryData { get; init; }
    public bool? Immutable { get; init; }
}

/// <summary>Settings that must not be seen (core/v1 Secret); values are base64 in JSON.</summary>
public sealed record Secret
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "Secret"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public string? Type { get; init; }
    public IReadOnlyDictionary<string, byte[]>? Data { get; init; }
    public IReadOnlyDictionary<string, string>? StringData { get; init; }
    public bool? Immutable { get; init; }
}

/// <summary>An identity for pods (core/v1 ServiceAccount).</summary>
public sealed record ServiceAccount
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "ServiceAccount"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public IReadOnlyList<ObjectReference>? Secrets { get; init; }
    public IReadOnlyList<LocalObjectReference>? ImagePullSecrets { get; init; }
    public bool? AutomountServiceAccountToken { get; init; }
}
