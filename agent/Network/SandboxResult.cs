namespace Edge.Agent.Network;

/// <summary>
/// A pod's sandbox as its containers join it. A path is null where the pod shares the node's own namespace.
/// </summary>
internal sealed record Sandbox(
    string Uid, string? NetPath, string? IpcPath, string? UtsPath, string ShmPath, string? PodIp);

/// <summary>What came of a request for a sandbox; closed.</summary>
internal abstract record SandboxResult
{
    private SandboxResult()
    {
    }

    /// <summary>The sandbox stands; <paramref name="Adopted"/> tells that it stood before.</summary>
    public sealed record Ready(Sandbox Sandbox, bool Adopted) : SandboxResult;

    /// <summary>Nothing of the sandbox is left; the message is fit for the pod's status.</summary>
    public sealed record Failed(NetworkReason Reason, string Message) : SandboxResult;
}
