namespace Edge.Agent.Network;

/// <summary>Which sysctls a pod may set, and how one is written into the calling thread's namespaces.</summary>
internal static class Sysctls
{
    /// <summary>Kubernetes' safe set: namespaced, and without effect on other pods.</summary>
    private static readonly HashSet<string> Safe =
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    ];

    /// <summary>
    /// What is written into a pod's namespaces: its own wishes over the defaults that let a container without
    /// capabilities bind low ports and ping, as containerd's and Docker's do.
    /// </summary>
    public static IReadOnlyDictionary<string, string> For(SandboxRequest request)
    {
        var values = new Dictionary<string, string>();
        if (!request.HostNetwork)
        {
            values["net.ipv4.ip_unprivileged_port_start"] = "0";
            values["net.ipv4.ping_group_range"] = "0 2147483647";
        }

        foreach (var (name, value) in request.Sysctls)
        {
            var dotted = name.Replace('/', '.');
            if (Refusal(dotted, request) is { } refusal)
            {
                throw new NetworkException(NetworkReason.SysctlRefused, refusal);
            }

            values[dotted] = value;
        }

        return values;
    }

    public static void Write(string name, string value)
    {
        try
        {
            File.WriteAllText("/proc/sys/" + name.Replace('.', '/'), value);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException(
                NetworkReason.SysctlRefused, $"sysctl {name}={value}: {failure.Message}", failure);
        }
    }

    private static string? Refusal(string name, SandboxRequest request)
    {
        if (!Safe.Contains(name))
        {
            return $"sysctl \"{name}\" is not in the set that is safe for pods";
        }

        if (request.HostNetwork && name.StartsWith("net.", StringComparison.Ordinal))
        {
            return $"sysctl \"{name}\" is not allowed with hostNetwork";
        }

        return request.HostIpc && name.StartsWith("kernel.", StringComparison.Ordinal)
            ? $"sysctl \"{name}\" is not allowed with hostIPC"
            : null;
    }
}
