using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>
/// A whole machine: Debian's kernel, systemd and control groups of version 2, emulated by QEMU without any network
/// card. The only way in is a serial port at which a shell of root waits for one line after another.
/// </summary>
internal sealed class EmulatedMachine(string directory) : IAsyncDisposable
{
    /// <summary>An emulated processor is some twenty times slower than the one it runs on.</summary>
    public static readonly TimeSpan BootMax = TimeSpan.FromMinutes(5);

    private Process? _emulator;
    private VolatileDisk? _disk;
    private StreamReader? _answers;
    private NetworkStream? _door;

    public static string DoorName => "edge.door";

    private string DoorSocket => Path.Combine(directory, "door.sock");

    private string DiskSocket => Path.Combine(directory, "disk.sock");

    public string Console => Path.Combine(directory, "console.log");

    /// <summary>Since the power was switched on.</summary>
    public Stopwatch Uptime { get; private set; } = new();

    /// <summary>Switches it on; it answers later (<see cref="UntilOpen"/>).</summary>
    public async Task PowerOn()
    {
        _disk = new VolatileDisk(Path.Combine(directory, "disk.img"), DiskSocket);
        File.Delete(DoorSocket);
        _emulator = Process.Start(new ProcessStartInfo("qemu-system-x86_64",
        [
            "-accel", "tcg", "-cpu", "max", "-machine", "q35", "-smp", "1", "-m", "1024", "-display", "none",
            "-nic", "none", "-no-reboot", "-serial", $"file:{Console}",
            "-kernel", Path.Combine(directory, "vmlinuz"), "-initrd", Path.Combine(directory, "initrd.img"),
            "-append", "root=/dev/vda ro console=ttyS0 quiet systemd.show_status=0",
            "-blockdev", $"driver=nbd,node-name=disk,server.type=unix,server.path={DiskSocket}",
            "-device", "virtio-blk-pci,drive=disk,write-cache=on",
            "-device", "virtio-serial-pci", "-device", $"virtserialport,chardev=door,name={DoorName}",
            "-chardev", $"socket,id=door,path={DoorSocket},server=on,wait=off",
        ]));
        Uptime = Stopwatch.StartNew();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await Tool.Until(TimeSpan.FromSeconds(30), "the emulator runs", () =>
        {
            if (_emulator is not { HasExited: false })
            {
                throw new InvalidOperationException("the emulator ended");
            }

            var there = File.Exists(DoorSocket);
            if (there)
            {
                socket.Connect(new UnixDomainSocketEndPoint(DoorSocket));
            }

            return Task.FromResult(there);
        });
        _door = new NetworkStream(socket, ownsSocket: true);
        _answers = new StreamReader(_door, Encoding.ASCII);
    }

    /// <summary>Until the shell says that it is there.</summary>
    public async Task UntilOpen()
    {
        using var late = new CancellationTokenSource(BootMax);
        try
        {
            while (await _answers!.ReadLineAsync(late.Token) is not "open")
            {
                // Nothing else is said before.
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"no shell within {BootMax}:\n{Tail(Console)}");
        }
    }

    /// <summary>Runs shell lines as root.</summary>
    public async Task<ToolResult> Do(string script, TimeSpan? within = null)
    {
        using var late = new CancellationTokenSource(within ?? TimeSpan.FromMinutes(2));
        var line = Convert.ToBase64String(Encoding.UTF8.GetBytes(script)) + "\n";
        await _door!.WriteAsync(Encoding.ASCII.GetBytes(line), late.Token);
        try
        {
            var answer = await _answers!.ReadLineAsync(late.Token)
                ?? throw new IOException("the machine is off");
            var words = answer.Split(' ');
            return new ToolResult(
                script, int.Parse(words[0]), Encoding.UTF8.GetString(Convert.FromBase64String(words[1])), "");
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{script}: no answer\n{Tail(Console)}");
        }
    }

    /// <summary>What the lines print; they must succeed.</summary>
    public async Task<string> Ok(string script, TimeSpan? within = null) => (await Do(script, within)).Ok();

    public Task Until(TimeSpan within, string what, string script) =>
        Tool.Until(within, what, async () => (await Do(script)).ExitCode == 0);

    /// <summary>The power goes. Tells how many writes were not flushed then, and how many of them are lost.</summary>
    public async Task<(int Unflushed, int Lost)> PowerCut(Random random)
    {
        _emulator!.Kill();
        await _emulator.WaitForExitAsync();
        _door!.Dispose();
        await _disk!.PowerCut(random);
        return _disk.Cut;
    }

    public async ValueTask DisposeAsync()
    {
        if (_emulator is { HasExited: false })
        {
            _emulator.Kill();
            await _emulator.WaitForExitAsync();
        }

        _door?.Dispose();
        if (_disk is not null)
        {
            await _disk.DisposeAsync();
        }
    }

    private static string Tail(string file) =>
        File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(20)) : "(nothing on the console)";
}
