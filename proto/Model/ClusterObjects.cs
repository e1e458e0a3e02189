using System.Text.Json.Serialization;

namespace Edge.Proto.Model;

/// <summary>A scope for names (core/v1 Namespace).</summary>
public sealed record Namespace
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "Namespace"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public NamespaceSpec? Spec { get; init; }
    public NamespaceStatus? Status { get; init; }
}

/// <summary>What must be done before a namespace may go (core/v1 NamespaceSpec).</summary>
public sealed record NamespaceSpec
{
    public IReadOnlyList<string>? Finalizers { get; init; }
}

/// <summary><c>Active</c> or <c>Terminating</c> (core/v1 NamespaceStatus).</summary>
public sealed record NamespaceStatus
{
    public string? Phase { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
}

/// <summary>Something that happened to an object (core/v1 Event).</summary>
public sealed record Event
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "Event"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public ObjectReference InvolvedObject { get => field ??= new(); init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public EventSource? Source { get; init; }
    public DateTimeOffset? FirstTimestamp { get; init; }
    public DateTimeOffset? LastTimestamp { get; init; }
    public int? Count { get; init; }

    /// <summary><c>Normal</c> or <c>Warning</c>.</summary>
    public string? Type { get; init; }

    [JsonConverter(typeof(MicroTimeJson))]
    public DateTimeOffset? EventTime { get; init; }
    public string? Action { get; init; }
    public string? ReportingComponent { get; init; }
    public string? ReportingInstance { get; init; }
}

/// <summary>Who says an event (core/v1 EventSource).</summary>
public sealed record EventSource
{
    public string? Component { get; init; }
    public string? Host { get; init; }
}

/// <summary>A claim to lead or to be alive (coordination.k8s.io/v1 Lease).</summary>
public sealed record Lease
{
    public string ApiVersion { get => field ?? "coordination.k8s.io/v1"; init; }
    public string Kind { get => field ?? "Lease"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public LeaseSpec? Spec { get; init; }
}

/// <summary>Who holds a lease and until when (coordination.k8s.io/v1 LeaseSpec).</summary>
public sealed record LeaseSpec
{
    public string? HolderIdentity { get; init; }
    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeJson))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeJson))]
    public DateTimeOffset? RenewTime { get; init; }
    public int? LeaseTransitions { get; init; }
}

/// <summary>A request for a certificate (certificates.k8s.io/v1 CertificateSigningRequest).</summary>
public sealed record CertificateSigningRequest
{
    public string ApiVersion { get => field ?? "certificates.k8s.io/v1"; init; }
    public string Kind { get => field ?? "CertificateSigningRequest"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public CertificateSigningRequestSpec Spec { get => field ??= new(); init; }
    public CertificateSigningRequestStatus? Status { get; init; }
}

/// <summary>What is asked for, and by whom (certificates.k8s.io/v1 CertificateSigningRequestSpec).</summary>
public sealed record CertificateSigningRequestSpec
{
    /// <summary>A PEM-encoded PKCS#10 request; base64 in JSON.</summary>
    public byte[] Request { get => field ?? []; init; }
    public string SignerName { get => field ?? ""; init; }
    public int? ExpirationSeconds { get; init; }
    public IReadOnlyList<string>? Usages { get; init; }
    public string? Username { get; init; }
    public string? Uid { get; init; }
    public IReadOnlyList<string>? Groups { get; init; }
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }
}

/// <summary>What became of a request (certificates.k8s.io/v1 CertificateSigningRequestStatus).</summary>
public sealed record CertificateSigningRequestStatus
{
    public IReadOnlyList<Condition>? Conditions { get; init; }

    /// <summary>The PEM-encoded chain once signed; base64 in JSON.</summary>
    public byte[]? Certificate { get; init; }
}
