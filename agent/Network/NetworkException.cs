namespace Edge.Agent.Network;

/// <summary>Why a sandbox could not be made or taken down.</summary>
internal enum NetworkReason
{
    /// <summary>The request itself cannot be served: a malformed uid, address or port.</summary>
    BadRequest,

    /// <summary>Another pod of this node holds the host port.</summary>
    HostPortConflict,

    /// <summary>The server has not given this node its part of the pod network yet.</summary>
    NoPodCidr,

    /// <summary>A plugin's program is in none of the directories.</summary>
    PluginMissing,

    /// <summary>A plugin refused or broke.</summary>
    PluginFailed,

    /// <summary>The kernel refused a namespace, mount or device.</summary>
    KernelRefused,

    /// <summary>A sysctl is not allowed for pods, or the kernel refused its value.</summary>
    SysctlRefused,

    /// <summary>nft refused the node's table.</summary>
    RulesetRefused,
}

/// <summary>A failure at the edge to the kernel, a plugin or nft.</summary>
internal sealed class NetworkException(NetworkReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public NetworkReason Reason { get; } = reason;
}
