using Edge.Agent.Runtime.Images;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;

namespace Edge.Agent.Runtime;

/// <summary>
/// All that is needed to make one container; everything in it is resolved (no references to objects).
/// </summary>
internal sealed record ContainerRequest
{
    public required Pod Pod { get; init; }

    /// <summary>One of the pod's containers.</summary>
    public required Container Container { get; init; }

    public required int Attempt { get; init; }

    public required ImageRecord Image { get; init; }

    public required SandboxPaths Sandbox { get; init; }

    /// <summary>The volume mounts of this container with their paths on the host.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>In order: service variables, envFrom, env.</summary>
    public IReadOnlyList<EnvEntry> Env { get; init; } = [];

    public IReadOnlyList<DeviceNode> Devices { get; init; } = [];

    /// <summary>The ids of devices that it was given, kept as a label.</summary>
    public IReadOnlyList<string> DeviceIds { get; init; } = [];

    /// <summary>What those devices change in its specification.</summary>
    public ContainerEdits Edits { get; init; } = ContainerEdits.None;

    /// <summary>The host's file behind terminationMessagePath; made when absent. Null for none.</summary>
    public string? TerminationLog { get; init; }

    /// <summary>A running container whose process namespace it joins; null for one of its own.</summary>
    public string? TargetId { get; init; }

    /// <summary>Kept as a label, so that a changed spec is seen after a restart of the agent.</summary>
    public string SpecHash { get; init; } = "";

    public string Id => ContainerId.For(Pod.Metadata.Uid ?? "", Container.Name, Attempt);
}
