using System.Diagnostics;
using Edge.Server.Pki;
using Edge.Tests.Support;

namespace Edge.Tests.Bench;

/// <summary>Runs a <see cref="BareEndpoint"/> in a process of its own and lets the API's clients loose on it.</summary>
internal static class BareProcess
{
    /// <summary>Of each kind, so that its JIT is done.</summary>
    private const int Warm = 15_000;

    /// <summary>Its creates and gets in a second.</summary>
    public static async Task<(double Creates, double Gets)> Run(int objects, int gets)
    {
        var home = Directory.CreateTempSubdirectory("edge-bare-");
        try
        {
            var tls = BenchServer.Tls(PkiFiles.LoadOrCreate(home.FullName, [BareEndpoint.Address]));
            var port = BenchServer.FreePort();
            var start = new ProcessStartInfo(
                Environment.ProcessPath!, [BareEndpoint.Command, home.FullName, $"{port}"])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true,
            };
            foreach (var setting in (string[])[.. RuntimeSettings.Server, "DOTNET_gcConcurrent=0"])
            {
                var parts = setting.Split('=');
                start.Environment[parts[0]] = parts[1];
            }

            using var process = Process.Start(start)!;
            try
            {
                if (await process.StandardOutput.ReadLineAsync() != BareEndpoint.Listening)
                {
                    throw new InvalidOperationException("the bare endpoint ended before it listened");
                }

                var target = new ApiTarget(port, process.Id, tls);
                await ApiLoad.Create(target, "bench", "warm", Warm);
                await ApiLoad.Get(target, "warm", Warm, Warm);
                return (await ApiLoad.Create(target, "bench", "c", objects),
                    await ApiLoad.Get(target, "c", gets, objects));
            }
            finally
            {
                process.Kill();
                await process.WaitForExitAsync();
            }
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
