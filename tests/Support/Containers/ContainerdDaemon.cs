using System.Diagnostics;
using System.Net.Sockets;

namespace Edge.Tests.Support.Containers;

/// <summary>
/// A containerd of a test's own, with root, state and socket in a directory that goes when it is disposed. It can be
/// killed and started again. Needs root and the containerd package.
/// </summary>
public sealed class ContainerdDaemon : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(20);

    /// <summary>Each of its commands takes a moment; whatever takes this long hangs.</summary>
    private static readonly TimeSpan CtrMax = TimeSpan.FromSeconds(60);

    private Process? _process;

    private ContainerdDaemon(string directory) => Directory = directory;

    public string Directory { get; }

    public string Socket => Path.Combine(Directory, "containerd.sock");

    /// <summary>Null when containers can run here, else what is missing.</summary>
    public static string? Missing =>
        Environment.UserName != "root" ? "this test needs root"
        : !File.Exists("/usr/bin/containerd") ? "this test needs containerd"
        : !File.Exists("/bin/busybox") ? "this test needs busybox-static"
        : null;

    public static async Task<ContainerdDaemon> Start(string name)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory($"edge-{name}-").FullName;
        var daemon = new ContainerdDaemon(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, "config.toml"), $"""
            version = 2
            root = "{directory}/root"
            state = "{directory}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{daemon.Socket}"
            [ttrpc]
              address = "{daemon.Socket}.ttrpc"
            """);
        await daemon.Run();
        return daemon;
    }

    /// <summary>As a crash: no goodbye, containers go on.</summary>
    public async Task Kill()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    public async Task Run()
    {
        // Its log goes to a file: a full pipe would stall it.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"exec containerd -c {Directory}/config.toml >>{Directory}/log 2>&1" },
        };
        _process = Process.Start(start)!;
        var watch = Stopwatch.StartNew();
        while (!await Answers())
        {
            if (watch.Elapsed > StartMax || _process.HasExited)
            {
                throw new InvalidOperationException(await File.ReadAllTextAsync($"{Directory}/log"));
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Runs `ctr` on this daemon in the agent's namespace.</summary>
    public async Task<string> Ctr(params string[] arguments)
    {
        var start = new ProcessStartInfo("ctr", ["-a", Socket, "-n", "edge", .. arguments])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        using var late = new CancellationTokenSource(CtrMax);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            return output;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"ctr {string.Join(' ', arguments)} did not end within {CtrMax.TotalSeconds} s");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var line in (await Ctr("tasks", "ls", "-q")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await Ctr("tasks", "delete", "-f", line);
        }

        await Kill();
        await Unmount();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task Unmount()
    {
        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts"))
            .Select(line => line.Split(' ')[1])
            .Where(path => path.StartsWith(Directory + "/", StringComparison.Ordinal))
            .Reverse();
        foreach (var mount in mounts)
        {
            using var umount = Process.Start("umount", ["-l", mount]);
            await umount.WaitForExitAsync();
        }
    }

    private async Task<bool> Answers()
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
