using System.Diagnostics;
using Edge.Server.Pki;
using Edge.Tests.Support;

namespace Edge.Tests.Bench;

/// <summary>A <see cref="BareEndpoint"/> in a process of its own, to let the API's clients loose on.</summary>
internal sealed class BareProcess : IAsyncDisposable
{
    /// <summary>Of each kind, so that its JIT is done.</summary>
    private const int Warm = 15_000;

    private readonly DirectoryInfo _home;
    private readonly Process _process;

    private BareProcess(DirectoryInfo home, Process process, ApiTarget target) =>
        (_home, _process, Target) = (home, process, target);

    public ApiTarget Target { get; }

    /// <summary>Returns when it is at its best.</summary>
    public static async Task<BareProcess> Start()
    {
        var home = Directory.CreateTempSubdirectory("edge-bare-");
        var tls = BenchServer.Tls(PkiFiles.LoadOrCreate(home.FullName, [BareEndpoint.Address]));
        var port = BenchServer.FreePort();
        var start = new ProcessStartInfo(Environment.ProcessPath!, [BareEndpoint.Command, home.FullName, $"{port}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        foreach (var setting in (string[])[.. RuntimeSettings.Server, "DOTNET_gcConcurrent=0"])
        {
            var parts = setting.Split('=');
            start.Environment[parts[0]] = parts[1];
        }

        var process = Process.Start(start)!;
        var bare = new BareProcess(home, process, new ApiTarget(port, process.Id, tls));
        if (await process.StandardOutput.ReadLineAsync() != BareEndpoint.Listening)
        {
            await bare.DisposeAsync();
            throw new InvalidOperationException("the bare endpoint ended before it listened");
        }

        await ApiLoad.Create(bare.Target, "bench", "warm", Warm);
        await ApiLoad.Get(bare.Target, "warm", Warm, Warm);
        return bare;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _home.Delete(recursive: true);
    }
}
