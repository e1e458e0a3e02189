using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Edge.Server;
using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// The published server on a disk of its own, which is recorded. It can start on another disk, with nothing recorded,
/// to see what it makes of it; always at the same ports, which its kubeconfig names.
/// </summary>
internal sealed class RecordedServer : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-power-cuts-");
    private readonly int _port = FreePort();
    private readonly int _brokerPort = FreePort();
    private Process? _process;

    public RecordedServer()
    {
        Directory.CreateDirectory(Disk);
        Recorder = new Recorder("edge-server", Disk, At("recording"));
    }

    public Recorder Recorder { get; }

    /// <summary>What is recorded; the server's data directory is <c>data</c> in it.</summary>
    public string Disk => At("disk");

    public string Log => File.ReadAllText(At("server.log"));

    /// <summary>A name for something else below the directory that goes at the end.</summary>
    public string At(string below) => Path.Combine(_home.FullName, below);

    /// <summary>Starts, and waits until the API answers or the server has ended, which is null.</summary>
    public async Task<AdminClient?> Start(IReadOnlyList<string> environment, string? disk = null)
    {
        disk ??= Disk;
        _process = Launch(environment,
        [
            "run", "--data-dir", Path.Combine(disk, "data"), "--run-dir", At("run"),
            "--listen", $"127.0.0.1:{_port}", "--advertise-address", "127.0.0.1", "--broker-port", $"{_brokerPort}",
        ]);
        AdminClient? client = null;
        await Tool.Until(s_deadline, "the server answers", async () =>
            _process.HasExited || (client = await Connect(disk)) is not null);
        return client;
    }

    public Task UntilEnded() => _process!.WaitForExitAsync();

    /// <summary>SIGTERM: it closes its database.</summary>
    public async Task Stop()
    {
        (await Tool.Run("kill", "-TERM", $"{_process!.Id}")).Ok();
        await _process.WaitForExitAsync();
    }

    public async Task Kill()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        await Machine.Kill(Machine.ProcessesNaming(_home.FullName + "/"));
    }

    public async Task Restore(IReadOnlyList<string> environment, string backup)
    {
        using var restore = Launch(
            environment, ["restore", "--data-dir", Path.Combine(Disk, "data"), "--from", backup]);
        await restore.WaitForExitAsync();
        Assert.True(restore.ExitCode == 0, Log);
    }

    /// <summary>
    /// Every object that writers made, as the running server shows it, and the revision that it is at.
    /// </summary>
    public static async Task<(Dictionary<string, (string Text, long Revision)> Found, long Revision)> Read(
        AdminClient client)
    {
        var revision = 0L;
        var found = new Dictionary<string, (string Text, long Revision)>();
        foreach (var resource in (string[])["configmaps", "secrets"])
        {
            using var answer = await client.Send(
                HttpMethod.Get, Writers.Listing(resource), null, CancellationToken.None);
            using var list = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            revision = Revision(list.RootElement);
            foreach (var item in list.RootElement.GetProperty("items").EnumerateArray())
            {
                if (Writers.Read(resource, item) is var (key, text))
                {
                    found[key] = (text, Revision(item));
                }
            }
        }

        return (found, revision);
    }

    private static long Revision(JsonElement item) =>
        long.Parse(item.GetProperty("metadata").GetProperty("resourceVersion").GetString()!);

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        // The broker outlives the server on purpose.
        await Machine.Kill(Machine.ProcessesNaming(_home.FullName + "/"));
        _home.Delete(recursive: true);
    }

    /// <summary>Null while the server does not answer yet.</summary>
    private static async Task<AdminClient?> Connect(string disk)
    {
        var kubeconfig = Path.Combine(disk, "data", "admin.kubeconfig");
        if (!File.Exists(kubeconfig))
        {
            return null;
        }

        var client = await AdminClient.Open(kubeconfig, CancellationToken.None);
        try
        {
            using var answer = await client.Send(HttpMethod.Get, "/readyz", null, CancellationToken.None);
            return client;
        }
        catch (Exception early) when (early is HttpRequestException or InvalidOperationException)
        {
            client.Dispose();
            return null;
        }
    }

    private Process Launch(IReadOnlyList<string> environment, IReadOnlyList<string> arguments) => Process.Start(
        "/bin/sh",
        [
            "-c", $"exec env \"$@\" >>{At("server.log")} 2>&1 </dev/null", "server", .. RuntimeSettings.Server,
            .. environment, Fixture.Fleet.ServerBinary, .. arguments,
        ]);

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
