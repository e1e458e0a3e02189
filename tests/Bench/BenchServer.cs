using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Server.Pki;
using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support;

namespace Edge.Tests.Bench;

/// <summary>The published server with its broker, on this machine's loopback, with a directory of its own.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(5);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("edge-bench-");
    private readonly Process _process;
    private HttpClient? _http;

    public BenchServer()
    {
        var line = "exec \"$@\" >>\"$LOG\" 2>&1 </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", line, "server",
            Fleet.ServerBinary, "run", "--data-dir", At("data"), "--run-dir", At("run"),
            "--listen", $"127.0.0.1:{Port}", "--advertise-address", "127.0.0.1", "--broker-port", $"{BrokerPort}"]);
        start.Environment["LOG"] = At("server.log");
        foreach (var setting in RuntimeSettings.Server)
        {
            var parts = setting.Split('=');
            start.Environment[parts[0]] = parts[1];
        }

        _process = Process.Start(start)!;
    }

    /// <summary>Of the API.</summary>
    public int Port { get; } = FreePort();

    public int BrokerPort { get; } = FreePort();

    public int Pid => _process.Id;

    public PkiFiles Pki => PkiFiles.LoadOrCreate(At("data/pki"), ["127.0.0.1"]);

    /// <summary>Of the administrator; once <see cref="Ready"/>.</summary>
    public SslClientAuthenticationOptions ClientTls { get; private set; } = new();

    /// <summary>Once <see cref="Ready"/>.</summary>
    public ApiTarget Target => new(Port, Pid, ClientTls);

    /// <summary>The administrator; once <see cref="Ready"/>.</summary>
    public HttpClient Http => _http ?? throw new InvalidOperationException("the server is not ready yet");

    /// <summary>Waits until the API answers.</summary>
    public Task Ready() => Until("the API answers", async () =>
    {
        if (!File.Exists(At("data/admin.kubeconfig")))
        {
            return false;
        }

        ClientTls = Tls(Pki);
        _http ??= new HttpClient(new SocketsHttpHandler { SslOptions = ClientTls })
        {
            BaseAddress = new Uri($"https://127.0.0.1:{Port}"),
        };
        try
        {
            return (await _http.GetAsync("/readyz")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    });

    /// <summary>
    /// Waits until the server is done with what it was told: it uses next to no processor for a second.
    /// </summary>
    public Task Quiet()
    {
        var busy = ProcessFigures.Cpu(Pid);
        return Until("the server is quiet", async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            var before = busy;
            busy = ProcessFigures.Cpu(Pid);
            return busy - before < TimeSpan.FromMilliseconds(50);
        });
    }

    /// <summary>A directory below the server's own, which is removed with it.</summary>
    public string Folder(string name) => _home.CreateSubdirectory(name).FullName;

    public async Task Post(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync(path, content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }
    }

    /// <exception cref="TimeoutException">It did not come to hold within two minutes.</exception>
    public static async Task Until(string what, Func<Task<bool>> holds, Func<string>? instead = null)
    {
        var since = Stopwatch.StartNew();
        while (!await holds())
        {
            if (since.Elapsed > s_deadline)
            {
                throw new TimeoutException($"{what}: not within {s_deadline}; {instead?.Invoke()}");
            }

            await Task.Delay(s_look);
        }
    }

    /// <summary>Kills the server, and its broker, which is made to outlive it. The directory stays.</summary>
    public async Task End()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await Machine.Kill(Machine.ProcessesNaming(_home.FullName + "/"));
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        await End();
        if (Environment.GetEnvironmentVariable("EDGE_KEEP_LOGS") is { } kept)
        {
            File.Copy(At("server.log"), Path.Combine(kept, $"{_home.Name}.log"), overwrite: true);
        }

        _home.Delete(recursive: true);
    }

    /// <summary>Of the administrator whose certificate is there.</summary>
    public static SslClientAuthenticationOptions Tls(PkiFiles pki)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        trust.CustomTrustStore.Add(pki.ApiCa.Certificate);
        trust.RevocationMode = X509RevocationMode.NoCheck;
        return new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1", ClientCertificates = [pki.Admin], CertificateChainPolicy = trust,
        };
    }

    private string At(string below) => Path.Combine(_home.FullName, below);

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
