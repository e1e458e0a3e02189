using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Agent.Network;

/// <summary>What a set of new namespaces looks like inside before the first container joins.</summary>
internal sealed record PinRequest(
    SandboxPaths Paths, bool Net, bool Ipc, bool Uts, string Hostname, IReadOnlyDictionary<string, string> Sysctls);

/// <summary>
/// Makes namespaces that live without a process: a thread of their own leaves the node's namespaces, sets the new ones
/// up and binds them to files. The thread ends afterwards, because no other work may run on it.
/// </summary>
internal static class NamespacePins
{
    /// <summary>
    /// A pin that was mounted twice by a crash between mount and record is unmounted as often; more is a fault.
    /// </summary>
    private const int StackedMountsMax = 8;

    public static Task Pin(PinRequest request)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                PinOnThisThread(request);
                done.SetResult();
            }
            catch (Exception failure) when (failure is NetworkException or IOException or UnauthorizedAccessException)
            {
                done.SetException(failure as NetworkException
                    ?? new NetworkException(NetworkReason.KernelRefused, failure.Message, failure));
            }
        })
        {
            IsBackground = true,
            Name = "namespace pin",
        };
        thread.Start();
        return done.Task;
    }

    /// <summary>Whether every pin that the request asks for is a mounted namespace.</summary>
    public static bool Stand(SandboxPaths paths, bool net, bool ipc, bool uts)
    {
        var mounts = MountTable.Read();
        return (!net || IsPin(mounts, paths.Net))
            && (!ipc || IsPin(mounts, paths.Ipc))
            && (!uts || IsPin(mounts, paths.Uts));
    }

    /// <summary>Whether a namespace is mounted there; a crash may leave the plain file below it.</summary>
    public static bool IsPinned(string path) => IsPin(MountTable.Read(), path);

    /// <summary>The pod's shared memory: 64 MiB as container runtimes give it, without programs or devices.</summary>
    public static void MountSharedMemory(string path)
    {
        Directory.CreateDirectory(path);
        const nuint flags = LinuxNative.MsNoSuid | LinuxNative.MsNoDev | LinuxNative.MsNoExec;
        if (LinuxNative.Mount("shm", path, "tmpfs", flags, "mode=1777,size=65536k") != 0)
        {
            throw LinuxNative.Failure($"mount shared memory at {path}");
        }
    }

    /// <summary>Lets go of a pin or of the shared memory; without effect when it is not there.</summary>
    public static void Unmount(string path)
    {
        for (var attempt = 0; attempt < StackedMountsMax; attempt++)
        {
            if (LinuxNative.Unmount(path, LinuxNative.MntDetach) == 0)
            {
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error is LinuxNative.Einval or LinuxNative.Enoent)
            {
                return;
            }

            throw LinuxNative.Failure($"unmount {path}");
        }

        throw new NetworkException(NetworkReason.KernelRefused, $"unmount {path}: still mounted");
    }

    private static bool IsPin(IReadOnlyList<MountEntry> mounts, string path) =>
        mounts.Any(mount => mount.FileSystem == "nsfs" && mount.Target == path);

    private static void PinOnThisThread(PinRequest request)
    {
        var flags = (request.Net ? LinuxNative.CloneNewNet : 0)
            | (request.Ipc ? LinuxNative.CloneNewIpc : 0)
            | (request.Uts ? LinuxNative.CloneNewUts : 0);
        if (flags != 0 && LinuxNative.Unshare(flags) != 0)
        {
            throw LinuxNative.Failure("unshare the pod's namespaces");
        }

        if (request.Uts)
        {
            var name = Encoding.UTF8.GetBytes(request.Hostname);
            if (LinuxNative.SetHostName(name, (nuint)name.Length) != 0)
            {
                throw LinuxNative.Failure($"set the host name {request.Hostname}");
            }
        }

        if (request.Net)
        {
            RaiseLoopback();
        }

        foreach (var (name, value) in request.Sysctls)
        {
            Sysctls.Write(name, value);
        }

        Bind(request.Net, "net", request.Paths.Net);
        Bind(request.Ipc, "ipc", request.Paths.Ipc);
        Bind(request.Uts, "uts", request.Paths.Uts);
    }

    private static void Bind(bool wanted, string kind, string path)
    {
        if (!wanted)
        {
            return;
        }

        File.WriteAllBytes(path, []);
        // thread-self, not self: the process as a whole stays where it is.
        if (LinuxNative.Mount($"/proc/thread-self/ns/{kind}", path, null, LinuxNative.MsBind, null) != 0)
        {
            throw LinuxNative.Failure($"pin the {kind} namespace at {path}");
        }
    }

    private static void RaiseLoopback()
    {
        var socket = LinuxNative.Socket(LinuxNative.AfInet, LinuxNative.SockDgram | LinuxNative.SockCloexec, 0);
        if (socket < 0)
        {
            throw LinuxNative.Failure("open a socket in the pod's network");
        }

        try
        {
            // struct ifreq: the name in 16 bytes, then the flags; 40 bytes on every 64-bit machine.
            Span<byte> request = stackalloc byte[40];
            request.Clear();
            "lo"u8.CopyTo(request);
            MemoryMarshal.Write(request[16..], LinuxNative.InterfaceUp);
            if (LinuxNative.Ioctl(socket, LinuxNative.SiocSetInterfaceFlags, request) != 0)
            {
                throw LinuxNative.Failure("raise the pod's loopback");
            }
        }
        finally
        {
            _ = LinuxNative.Close(socket);
        }
    }
}
