using System.Net;
using System.Text;
using Edge.Agent.Network;
using Edge.Proto.Model;
using SandboxPaths = Edge.Agent.Runtime.Spec.SandboxPaths;

namespace Edge.Agent.Reconcile;

/// <summary>
/// The files every container of a pod gets from its sandbox: hosts, hostname, resolv.conf, as the kubelet writes
/// them.
/// </summary>
internal static class SandboxFiles
{
    public static SandboxPaths Write(string podDir, Pod pod, Sandbox sandbox)
    {
        Directory.CreateDirectory(podDir);
        var hosts = Path.Combine(podDir, "etc-hosts");
        var hostname = Path.Combine(podDir, "hostname");
        var resolv = Path.Combine(podDir, "resolv.conf");
        WriteIfChanged(hosts, Hosts(pod, sandbox));
        WriteIfChanged(hostname, Hostname(pod) + "\n");
        WriteIfChanged(resolv, ResolvConf(pod));
        return new SandboxPaths
        {
            Net = sandbox.NetPath,
            Ipc = sandbox.IpcPath,
            Uts = sandbox.UtsPath,
            Shm = pod.Spec.HostIPC == true ? null : sandbox.ShmPath,
            EtcHosts = hosts,
            EtcHostname = pod.Spec.HostNetwork == true ? "/etc/hostname" : hostname,
            ResolvConf = resolv,
        };
    }

    /// <summary>The pod's own name, cut to what a kernel takes.</summary>
    public static string Hostname(Pod pod)
    {
        const int HostnameMax = 63;
        var name = pod.Spec.Hostname is { Length: > 0 } given ? given : pod.Metadata.Name ?? "pod";
        return name.Length > HostnameMax ? name[..HostnameMax].TrimEnd('-', '.') : name;
    }

    private static string Hosts(Pod pod, Sandbox sandbox)
    {
        var text = new StringBuilder();
        if (pod.Spec.HostNetwork == true && File.Exists("/etc/hosts"))
        {
            text.Append("# Kubernetes-managed hosts file (host network).\n").Append(File.ReadAllText("/etc/hosts"));
        }
        else
        {
            text.Append("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
                .Append("::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n")
                .Append("fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
            if (sandbox.PodIp is { } ip)
            {
                text.Append(ip).Append('\t').Append(Hostname(pod)).Append('\n');
            }
        }

        if (pod.Spec.HostAliases is { Count: > 0 } aliases)
        {
            text.Append("\n# Entries added by HostAliases.\n");
            foreach (var alias in aliases)
            {
                text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames ?? []).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// The resolver's file that fits a pod: a stub on the node's loopback cannot be reached from another network, so
    /// then it is the file of real servers that systemd-resolved keeps.
    /// </summary>
    public static string Resolver(string node, string behindStub) =>
        File.Exists(behindStub) && OnlyLoopback(node) ? behindStub : node;

    private static bool OnlyLoopback(string path)
    {
        var any = false;
        foreach (var line in File.Exists(path) ? File.ReadAllLines(path) : [])
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var server, ..])
            {
                any = true;
                if (!IPAddress.TryParse(server, out var address) || !IPAddress.IsLoopback(address))
                {
                    return false;
                }
            }
        }

        return any;
    }

    /// <summary>The node's own resolver, unless the pod brings its settings; what it adds comes after.</summary>
    private static string ResolvConf(Pod pod)
    {
        var node = Resolver("/etc/resolv.conf", "/run/systemd/resolve/resolv.conf");
        var text = new StringBuilder();
        if (pod.Spec.DnsPolicy != "None" && File.Exists(node))
        {
            text.Append(File.ReadAllText(node).TrimEnd()).Append('\n');
        }

        var dns = pod.Spec.DnsConfig;
        foreach (var server in dns?.Nameservers ?? [])
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        if (dns?.Searches is { Count: > 0 } searches)
        {
            text.Append("search ").AppendJoin(' ', searches).Append('\n');
        }

        if (dns?.Options is { Count: > 0 } options)
        {
            text.Append("options ").AppendJoin(' ', options.Select(option =>
                option.Value is null ? option.Name : $"{option.Name}:{option.Value}")).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>In place, so that running containers, which have the file itself mounted, see the change.</summary>
    private static void WriteIfChanged(string path, string text)
    {
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            File.WriteAllText(path, text);
        }
    }
}
