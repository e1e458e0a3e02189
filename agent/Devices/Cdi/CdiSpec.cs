using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// One file of the Container Device Interface: devices of a kind (<c>vendor/class</c>), and the edits that are made
/// once for a container that has any of them, before those of the first.
/// </summary>
internal sealed record CdiSpec(string Kind, IReadOnlyList<CdiDevice> Devices, ContainerEdits Edits)
{
    /// <summary>Why a device that is there cannot be given.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

/// <summary>One device; its full name is <c>vendor/class=name</c>.</summary>
internal sealed record CdiDevice(string Name, ContainerEdits Edits);
