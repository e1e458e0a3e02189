namespace Edge.Agent.Network;

/// <summary>
/// Where the node keeps its sandboxes and what of the pod network is the same for every pod of the node.
/// </summary>
internal sealed record NetworkSettings
{
    /// <summary>
    /// The agent's run directory; it is emptied by a reboot, and with it everything that a reboot clears.
    /// </summary>
    public required string RunDir { get; init; }

    /// <summary>Directories searched in order for plugins: Debian's own place, then everybody else's.</summary>
    public IReadOnlyList<string> CniBinDirs { get; init; } = ["/usr/lib/cni", "/opt/cni/bin"];

    /// <summary>
    /// All pod addresses of the fleet; traffic to it is not masqueraded, so that pods see each other's address.
    /// </summary>
    public string ClusterCidr { get; init; } = "10.64.0.0/10";
}
