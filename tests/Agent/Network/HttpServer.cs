using System.Diagnostics;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Network;

/// <summary>busybox httpd with one page, in a pod's network or in the node's own.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _home;
    private readonly string _enter;
    private readonly int _port;

    public HttpServer(string? netPath, string text, int port)
    {
        _port = port;
        _enter = netPath is null ? "" : $"nsenter --net={netPath} ";
        _home = Directory.CreateTempSubdirectory("edge-httpd-").FullName;
        File.WriteAllText(Path.Combine(_home, "index.html"), text);
        _process = Process.Start("/bin/sh", ["-c", $"exec {_enter}busybox httpd -f -p {port} -h {_home}"]);
    }

    public async Task UntilListening()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if ((await NodeNetns.TryShell($"{_enter}busybox wget -q -O - http://127.0.0.1:{_port}/")).Code == 0)
            {
                return;
            }
        }

        await DisposeAsync();
        throw new TimeoutException("httpd does not listen");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_home, recursive: true);
    }
}
