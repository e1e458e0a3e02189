using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Proto.Model;

/// <summary>One container of a pod (core/v1 Container), every field of Kubernetes 1.33.</summary>
public record Container
{
    public string Name { get => field ?? ""; init; }
    public string? Image { get; init; }
    public IReadOnlyList<string>? Command { get; init; }
    public IReadOnlyList<string>? Args { get; init; }
    public string? WorkingDir { get; init; }
    public IReadOnlyList<ContainerPort>? Ports { get; init; }
    public IReadOnlyList<EnvFromSource>? EnvFrom { get; init; }
    public IReadOnlyList<EnvVar>? Env { get; init; }
    public ResourceRequirements? Resources { get; init; }
    public JsonElement? ResizePolicy { get; init; }

    /// <summary>Only on init containers: <c>Always</c> makes it a sidecar.</summary>
    public string? RestartPolicy { get; init; }
    public IReadOnlyList<VolumeMount>? VolumeMounts { get; init; }
    public JsonElement? VolumeDevices { get; init; }
    public Probe? LivenessProbe { get; init; }
    public Probe? ReadinessProbe { get; init; }
    public Probe? StartupProbe { get; init; }
    public Lifecycle? Lifecycle { get; init; }
    public string? TerminationMessagePath { get; init; }
    public string? TerminationMessagePolicy { get; init; }
    public string? ImagePullPolicy { get; init; }
    public SecurityContext? SecurityContext { get; init; }
    public bool? Stdin { get; init; }
    public bool? StdinOnce { get; init; }
    public bool? Tty { get; init; }
}

/// <summary>
/// A container that was added while the pod ran, to look into it (core/v1 EphemeralContainer). It never runs again.
/// </summary>
public sealed record EphemeralContainer : Container
{
    /// <summary>The container whose processes it sees; null for its own alone.</summary>
    public string? TargetContainerName { get; init; }
}

/// <summary>A port a container listens on (core/v1 ContainerPort).</summary>
public sealed record ContainerPort
{
    public string? Name { get; init; }

    /// <summary>The number by which others refer to this port inside the pod, 1 to 65535.</summary>
    [JsonPropertyName("containerPort")]
    public int Number { get; init; }
    public int? HostPort { get; init; }
    public string? HostIP { get; init; }

    /// <summary><c>TCP</c>, <c>UDP</c> or <c>SCTP</c>.</summary>
    public string? Protocol { get; init; }
}

/// <summary>One environment variable (core/v1 EnvVar).</summary>
public sealed record EnvVar
{
    public string Name { get => field ?? ""; init; }
    public string? Value { get; init; }
    public EnvVarSource? ValueFrom { get; init; }
}

/// <summary>Where a variable's value comes from; exactly one is set (core/v1 EnvVarSource).</summary>
public sealed record EnvVarSource
{
    public ObjectFieldSelector? FieldRef { get; init; }
    public ResourceFieldSelector? ResourceFieldRef { get; init; }
    public KeySelector? ConfigMapKeyRef { get; init; }
    public KeySelector? SecretKeyRef { get; init; }
}

/// <summary>
/// A key of a ConfigMap or Secret in the pod's namespace (core/v1 ConfigMapKeySelector, SecretKeySelector).
/// </summary>
public sealed record KeySelector
{
    public string Name { get => field ?? ""; init; }
    public string Key { get => field ?? ""; init; }
    public bool? Optional { get; init; }
}

/// <summary>A field of the pod itself (core/v1 ObjectFieldSelector).</summary>
public sealed record ObjectFieldSelector
{
    public string? ApiVersion { get; init; }
    public string FieldPath { get => field ?? ""; init; }
}

/// <summary>A resource of a container (core/v1 ResourceFieldSelector).</summary>
public sealed record ResourceFieldSelector
{
    public string? ContainerName { get; init; }
    public string Resource { get => field ?? ""; init; }
    public Quantity? Divisor { get; init; }
}

/// <summary>All keys of a ConfigMap or Secret as variables (core/v1 EnvFromSource).</summary>
public sealed record EnvFromSource
{
    public string? Prefix { get; init; }
    public SourceReference? ConfigMapRef { get; init; }
    public SourceReference? SecretRef { get; init; }
}

/// <summary>A ConfigMap or Secret that may be allowed to be absent.</summary>
public sealed record SourceReference
{
    public string Name { get => field ?? ""; init; }
    public bool? Optional { get; init; }
}

/// <summary>What a container needs and may use (core/v1 ResourceRequirements).</summary>
public sealed record ResourceRequirements
{
    public IReadOnlyDictionary<string, Quantity>? Requests { get; init; }
    public IReadOnlyDictionary<string, Quantity>? Limits { get; init; }
    public JsonElement? Claims { get; init; }
}

/// <summary>Where a volume appears in a container (core/v1 VolumeMount).</summary>
public sealed record VolumeMount
{
    public string Name { get => field ?? ""; init; }
    public string MountPath { get => field ?? ""; init; }
    public bool? ReadOnly { get; init; }
    public string? RecursiveReadOnly { get; init; }
    public string? SubPath { get; init; }
    public string? SubPathExpr { get; init; }
    public string? MountPropagation { get; init; }
}

/// <summary>Hooks around a container's life (core/v1 Lifecycle).</summary>
public sealed record Lifecycle
{
    public LifecycleHandler? PostStart { get; init; }
    public LifecycleHandler? PreStop { get; init; }
    public string? StopSignal { get; init; }
}

/// <summary>One hook; exactly one action is set (core/v1 LifecycleHandler).</summary>
public sealed record LifecycleHandler
{
    public ExecAction? Exec { get; init; }
    public HttpGetAction? HttpGet { get; init; }
    public TcpSocketAction? TcpSocket { get; init; }
    public SleepAction? Sleep { get; init; }
}

/// <summary>A pause, in seconds (core/v1 SleepAction).</summary>
public sealed record SleepAction
{
    public long Seconds { get; init; }
}

/// <summary>Security settings of one container; they win over the pod's (core/v1 SecurityContext).</summary>
public sealed record SecurityContext
{
    public Capabilities? Capabilities { get; init; }
    public bool? Privileged { get; init; }
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public bool? ReadOnlyRootFilesystem { get; init; }
    public bool? AllowPrivilegeEscalation { get; init; }
    public string? ProcMount { get; init; }
    public SeccompProfile? SeccompProfile { get; init; }
    public JsonElement? AppArmorProfile { get; init; }
    public JsonElement? SeLinuxOptions { get; init; }
    public JsonElement? WindowsOptions { get; init; }
}

/// <summary>Linux capabilities added and dropped, dropped first (core/v1 Capabilities).</summary>
public sealed record Capabilities
{
    public IReadOnlyList<string>? Add { get; init; }
    public IReadOnlyList<string>? Drop { get; init; }
}
