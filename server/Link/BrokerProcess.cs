using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// mosquitto as a process of its own: it is started when it is not there (by us, or by its unit), adopted when it is,
/// and it stays when edge-server ends, so that a restart or upgrade of edge-server cuts no session.
/// </summary>
internal sealed partial class BrokerProcess(BrokerSettings settings, TimeProvider clock, ILogger<BrokerProcess> log)
{
    private const int HangUp = 1;
    private const int Terminate = 15;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Looking at one file of /proc; a dead broker is back within this and its start.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>Of the broker's log; one of its size is kept beside it.</summary>
    internal const int LogBytesMax = 1024 * 1024;

    /// <summary>
    /// The broker reads its lists again within its next turn, some milliseconds; whoever is cut off before would be let
    /// in again.
    /// </summary>
    private static readonly TimeSpan ReloadWait = TimeSpan.FromMilliseconds(300);

    /// <summary>It is on this machine.</summary>
    private static readonly TimeSpan CutMost = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _cut = Channel.CreateBounded<bool>(1);
    private readonly HashSet<string> _cuts = [];
    private readonly Lock _gate = new();
    private IReadOnlyCollection<string> _denied = [];
    private string _revoked = "";
    private int? _pid;

    /// <summary>Keeps the broker running until cancelled; leaves it running then.</summary>
    public async Task Run(CancellationToken cancel)
    {
        if (WriteFiles())
        {
            await Stop(cancel);
        }

        await await Task.WhenAny(Keep(cancel), CutOff(cancel));
    }

    private async Task Keep(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        do
        {
            await EnsureRunning(cancel);
            BoundLog();
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    /// <summary>
    /// Refuses these nodes from now on, and only these; live connections lose their rights at once. Certificates on the
    /// revocation list (PEM) make no new connection; without one no list is written. May be called before
    /// <see cref="Run"/>, and must be with settings that name a list: the broker does not start without its file.
    /// </summary>
    /// <param name="nodes">All that are denied.</param>
    /// <param name="revoked">The revocation list, when it is another one.</param>
    /// <param name="cut">
    /// Nodes whose connections end, since they may have been made by a key that is denied now.
    /// </param>
    public void SetDenied(
        IReadOnlyCollection<string> nodes, string? revoked = null, IReadOnlyCollection<string>? cut = null)
    {
        lock (_gate)
        {
            (_denied, _revoked) = (nodes, revoked ?? _revoked);
            _cuts.UnionWith(cut ?? []);
            WriteLists();
        }

        Reload();
        if (cut is { Count: > 0 })
        {
            _cut.Writer.TryWrite(true);
        }
    }

    /// <summary>Makes the broker read its access list, certificate and revocation list again.</summary>
    public void Reload()
    {
        if (FindRunning() is { } pid)
        {
            _ = Kill(pid, HangUp);
        }
    }

    /// <summary>Ends the broker that runs; its unit, if it has one, starts it again.</summary>
    public async Task Stop(CancellationToken cancel)
    {
        if (FindRunning() is { } pid)
        {
            _ = Kill(pid, Terminate);
            while (FindRunning() == pid)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel);
            }
        }
    }

    private async Task CutOff(CancellationToken cancel)
    {
        while (true)
        {
            await _cut.Reader.ReadAsync(cancel);
            await Task.Delay(ReloadWait, clock, cancel);
            string[] nodes;
            lock (_gate)
            {
                nodes = [.. _cuts];
                _cuts.Clear();
            }

            foreach (var node in nodes)
            {
                await Cut(node, cancel);
            }
        }
    }

    /// <summary>
    /// Ends the connection of a node, whatever key it has: a client of the same name takes its session over (MQTT 5,
    /// 3.1.4). A node that may makes another one.
    /// </summary>
    private async Task Cut(string node, CancellationToken cancel)
    {
        using var loop = new MqttLoop(clock);
        var one = new MqttSettings
        {
            Host = settings.SocketPath, Port = 0, ClientId = Topics.UserPrefix + node,
        };
        await using var session = new MqttSession(loop, one, new Random(Environment.ProcessId));
        using var limit = new CancellationTokenSource(CutMost, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            while (await session.Events.ReadAsync(both.Token) is not MqttEvent.Connected)
            {
            }

            LinkLog.CutOff(log, node);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // A broker that is not there has no connection to end, and lets no denied key in when it is back.
        }
    }

    /// <summary>The pid of a running broker that was started with this configuration, or null.</summary>
    internal int? FindRunning()
    {
        // A pid is used again after a reboot: only a process with our configuration on its command line is ours.
        return int.TryParse(ReadOrNull(settings.PidFile)?.Trim(), out var pid)
            && ReadOrNull($"/proc/{pid}/cmdline") is { } commandLine
            && commandLine.Split('\0').Contains(settings.ConfigFile, StringComparer.Ordinal)
                ? pid
                : null;
    }

    /// <summary>Null when it is not there, or goes while it is read: the broker removes its files as it ends.</summary>
    internal static string? ReadOrNull(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>True when the configuration on disk was another one: a running broker must be replaced.</summary>
    private bool WriteFiles()
    {
        // The socket needs no password: the directory's mode is what keeps others out.
        Directory.CreateDirectory(settings.RunDirectory, OwnerOnly);
        File.SetUnixFileMode(settings.RunDirectory, OwnerOnly);
        lock (_gate)
        {
            WriteLists();
        }

        return Replace(settings.ConfigFile, BrokerConfig.Text(settings, Environment.UserName));
    }

    private void WriteLists()
    {
        Directory.CreateDirectory(settings.DataDirectory, OwnerOnly);
        Replace(settings.AclFile, BrokerConfig.Acl(_denied));
        if (settings.CrlFile is { } file)
        {
            Replace(file, _revoked);
        }
    }

    private static bool Replace(string path, string text)
    {
        if (ReadOrNull(path) == text)
        {
            return false;
        }

        var temporary = path + ".new";
        File.WriteAllText(temporary, text);
        File.SetUnixFileMode(temporary, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(temporary, path, overwrite: true);
        return true;
    }

    private async Task EnsureRunning(CancellationToken cancel)
    {
        if (FindRunning() is { } pid)
        {
            if (_pid != pid)
            {
                _pid = pid;
                CloseSocket();
                // It read its certificate and access list when it started, and they may be others now.
                Reload();
                LinkLog.BrokerAdopted(log, pid);
            }

            return;
        }

        _pid = null;
        // Whatever ended the broker may have taken its files along.
        _ = WriteFiles();
        if (settings.IsStartedElsewhere)
        {
            return;
        }

        File.Delete(settings.SocketPath);
        // The shell's umask keeps log and pid file to the owner; -d detaches, so that the broker outlives this process.
        // Each node is a descriptor: the usual soft limit of 1024, which is there for select, would keep others out.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c", "umask 077; ulimit -Sn \"$(ulimit -Hn)\"; exec \"$0\" -d -c \"$1\"", settings.Executable,
                settings.ConfigFile,
            },
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("no shell");
        using var said = process.StandardError;
        var errors = await said.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        // The pid file comes before the socket.
        for (var i = 0; i < 20 && (FindRunning() is null || !File.Exists(settings.SocketPath)); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel);
        }

        _pid = FindRunning();
        if (_pid is { } started)
        {
            CloseSocket();
            LinkLog.BrokerStarted(log, started);
        }
        else
        {
            LinkLog.BrokerFailed(log, errors.Length > 0 ? errors : $"see {settings.LogFile}");
        }
    }

    /// <summary>Anybody can make the broker log an error by a bad handshake, and /run is memory.</summary>
    private void BoundLog()
    {
        if (new FileInfo(settings.LogFile) is not { Exists: true, Length: > LogBytesMax })
        {
            return;
        }

        try
        {
            File.Move(settings.LogFile, settings.LogFile + ".1", overwrite: true);
        }
        catch (FileNotFoundException)
        {
            return;
        }

        // The broker opens its log again on this signal.
        Reload();
    }

    /// <summary>mosquitto makes its socket 0770, whatever the umask; until now the directory kept others out.</summary>
    private void CloseSocket()
    {
        if (File.Exists(settings.SocketPath))
        {
            File.SetUnixFileMode(settings.SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
