using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>A pod (core/v1 Pod): containers that share a sandbox on one node.</summary>
public sealed record Pod
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "Pod"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public PodSpec Spec { get => field ??= new(); init; }
    public PodStatus? Status { get; init; }
}

/// <summary>
/// What a pod should be (core/v1 PodSpec). Every field of Kubernetes 1.33 is here, so that an agent can tell a field it
/// does not know from one it does; those it does not act on are kept as plain JSON.
/// </summary>
public sealed record PodSpec
{
    public IReadOnlyList<Container> Containers { get => field ?? []; init; }
    public IReadOnlyList<Container>? InitContainers { get; init; }
    public IReadOnlyList<Volume>? Volumes { get; init; }
    public string? RestartPolicy { get; init; }
    public long? TerminationGracePeriodSeconds { get; init; }
    public long? ActiveDeadlineSeconds { get; init; }
    public string? DnsPolicy { get; init; }
    public PodDnsConfig? DnsConfig { get; init; }
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }
    public string? ServiceAccountName { get; init; }
    public string? ServiceAccount { get; init; }
    public bool? AutomountServiceAccountToken { get; init; }
    public string? NodeName { get; init; }
    public bool? HostNetwork { get; init; }
    public bool? HostPID { get; init; }
    public bool? HostIPC { get; init; }
    public bool? HostUsers { get; init; }
    public bool? ShareProcessNamespace { get; init; }
    public PodSecurityContext? SecurityContext { get; init; }
    public IReadOnlyList<LocalObjectReference>? ImagePullSecrets { get; init; }
    public string? Hostname { get; init; }
    public string? Subdomain { get; init; }
    public bool? SetHostnameAsFQDN { get; init; }
    public Affinity? Affinity { get; init; }
    public string? SchedulerName { get; init; }
    public IReadOnlyList<Toleration>? Tolerations { get; init; }
    public IReadOnlyList<HostAlias>? HostAliases { get; init; }
    public string? PriorityClassName { get; init; }
    public int? Priority { get; init; }
    public string? PreemptionPolicy { get; init; }
    public bool? EnableServiceLinks { get; init; }
    public string? RuntimeClassName { get; init; }
    public IReadOnlyDictionary<string, Quantity>? Overhead { get; init; }
    public IReadOnlyList<EphemeralContainer>? EphemeralContainers { get; init; }
    public JsonElement? ReadinessGates { get; init; }
    public IReadOnlyList<TopologySpreadConstraint>? TopologySpreadConstraints { get; init; }
    public JsonElement? Os { get; init; }
    public JsonElement? SchedulingGates { get; init; }
    public JsonElement? ResourceClaims { get; init; }
    public ResourceRequirements? Resources { get; init; }
}

/// <summary>DNS settings added to those of the policy (core/v1 PodDNSConfig).</summary>
public sealed record PodDnsConfig
{
    public IReadOnlyList<string>? Nameservers { get; init; }
    public IReadOnlyList<string>? Searches { get; init; }
    public IReadOnlyList<PodDnsConfigOption>? Options { get; init; }
}

/// <summary>One resolver option (core/v1 PodDNSConfigOption).</summary>
public sealed record PodDnsConfigOption
{
    public string? Name { get; init; }
    public string? Value { get; init; }
}

/// <summary>A line of the pod's /etc/hosts (core/v1 HostAlias).</summary>
public sealed record HostAlias
{
    public string Ip { get => field ?? ""; init; }
    public IReadOnlyList<string>? Hostnames { get; init; }
}

/// <summary>Security settings of all containers of a pod (core/v1 PodSecurityContext).</summary>
public sealed record PodSecurityContext
{
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public IReadOnlyList<long>? SupplementalGroups { get; init; }
    public string? SupplementalGroupsPolicy { get; init; }
    public long? FsGroup { get; init; }
    public string? FsGroupChangePolicy { get; init; }
    public IReadOnlyList<Sysctl>? Sysctls { get; init; }
    public SeccompProfile? SeccompProfile { get; init; }
    public JsonElement? AppArmorProfile { get; init; }
    public JsonElement? SeLinuxOptions { get; init; }
    public string? SeLinuxChangePolicy { get; init; }
    public JsonElement? WindowsOptions { get; init; }
}

/// <summary>A kernel parameter of the sandbox (core/v1 Sysctl).</summary>
public sealed record Sysctl
{
    public string Name { get => field ?? ""; init; }
    public string Value { get => field ?? ""; init; }
}

/// <summary>Which system calls a container may make (core/v1 SeccompProfile).</summary>
public sealed record SeccompProfile
{
    public string Type { get => field ?? ""; init; }
    public string? LocalhostProfile { get; init; }
}
