using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Edge.Proto.Model;

namespace Edge.Agent.Report;

/// <summary>What the machine has, read from the kernel once.</summary>
internal sealed record NodeInventory
{
    public required int Cpus { get; init; }

    public required long MemoryBytes { get; init; }

    public required long StorageBytes { get; init; }

    public required string Address { get; init; }

    public required NodeSystemInfo System { get; init; }

    public static NodeInventory Read(
        string dataDir, IPAddress? given, string agentVersion) => new()
    {
        Cpus = Environment.ProcessorCount,
        MemoryBytes = MemInfo("MemTotal"),
        StorageBytes = new DriveInfo(dataDir).TotalSize,
        Address = (given ?? OwnAddress()).ToString(),
        System = new NodeSystemInfo
        {
            MachineID = Text("/etc/machine-id"),
            SystemUUID = Text("/etc/machine-id"),
            BootID = Text("/proc/sys/kernel/random/boot_id"),
            KernelVersion = Text("/proc/sys/kernel/osrelease"),
            OsImage = OsImage(),
            KubeletVersion = $"v1.33.0+edge-{agentVersion}",
            KubeProxyVersion = "",
            OperatingSystem = "linux",
            Architecture = Architecture(),
        },
    };

    /// <summary>Go's word for the processor.</summary>
    public static string Architecture() => RuntimeInformation.OSArchitecture switch
    {
        global::System.Runtime.InteropServices.Architecture.X64 => "amd64",
        global::System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        global::System.Runtime.InteropServices.Architecture.Arm => "arm",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>A line of /proc/meminfo, in bytes.</summary>
    public static long MemInfo(string name)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal))
            {
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
            }
        }

        return 0;
    }

    public static string Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "";

    /// <summary>
    /// The address the kernel would send from; no packet leaves. Without a default route the first address of a link.
    /// </summary>
    private static IPAddress OwnAddress()
    {
        // A documentation address (RFC 5737): everywhere the default route leads to it.
        var anywhere = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9);
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            probe.Connect(anywhere);
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return NetworkInterface.GetAllNetworkInterfaces()
                .Where(link => link.NetworkInterfaceType != NetworkInterfaceType.Loopback
                    && link.OperationalStatus == OperationalStatus.Up)
                .SelectMany(link => link.GetIPProperties().UnicastAddresses)
                .Select(unicast => unicast.Address)
                .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
        }
    }

    private static string OsImage()
    {
        const string Pretty = "PRETTY_NAME=";
        var line = File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith(Pretty, StringComparison.Ordinal))
            : null;
        return line is null ? "Linux" : line[Pretty.Length..].Trim('"');
    }
}
