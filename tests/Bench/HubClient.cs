using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.Bench;

/// <summary>
/// The API as the administrator, from inside the hub's network and without a kubectl's start-up time.
/// </summary>
internal sealed partial class HubClient : IDisposable
{
    private const int CloneNewNet = 0x4000_0000;

    private readonly string _netns;
    private readonly HttpClient _http;

    public HubClient(Fleet fleet)
    {
        _netns = $"/run/netns/{fleet.Hub}";
        var kubeconfig = File.ReadAllLines(fleet.Kubeconfig);
        var certificate = X509Certificate2.CreateFromPem(
            Pem(kubeconfig, "client-certificate-data"), Pem(kubeconfig, "client-key-data"));
        var ca = X509Certificate2.CreateFromPem(Pem(kubeconfig, "certificate-authority-data"));
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust };
        trust.CustomTrustStore.Add(ca);
        trust.RevocationMode = X509RevocationMode.NoCheck;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (context, cancel) => Connect(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancel),
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [certificate],
                CertificateChainPolicy = trust,
            },
        })
        {
            BaseAddress = new Uri($"https://{Fleet.HubAddress}:6443"),
        };
    }

    /// <summary>Creates a pod; returns the moment its 201 was here.</summary>
    public async Task<long> CreatePod(string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var answer = await _http.PostAsync(new Uri("/api/v1/namespaces/default/pods", UriKind.Relative), body);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }

        return Stopwatch.GetTimestamp();
    }

    /// <summary>
    /// Follows all pods until <paramref name="count"/> of those with the prefix are Ready; returns when.
    /// </summary>
    public async Task<long> UntilReady(
        string prefix, int count, TaskCompletionSource watching, CancellationToken cancel)
    {
        using var stream = await _http.GetStreamAsync("/api/v1/namespaces/default/pods?watch=true", cancel);
        using var lines = new StreamReader(stream);
        watching.SetResult();
        var ready = new HashSet<string>();
        while (await lines.ReadLineAsync(cancel) is { } line)
        {
            using var change = JsonDocument.Parse(line);
            var pod = change.RootElement.GetProperty("object");
            var name = pod.GetProperty("metadata").GetProperty("name").GetString()!;
            if (name.StartsWith(prefix, StringComparison.Ordinal) && IsReady(pod) && ready.Add(name)
                && ready.Count == count)
            {
                return Stopwatch.GetTimestamp();
            }
        }

        throw new InvalidOperationException($"the watch ended with {ready.Count} of {count} pods ready");
    }

    /// <summary>The answer's text.</summary>
    public Task<string> Get(string path) => _http.GetStringAsync(new Uri(path, UriKind.Relative));

    public void Dispose() => _http.Dispose();

    private static bool IsReady(JsonElement pod) =>
        pod.TryGetProperty("status", out var status)
        && status.TryGetProperty("conditions", out var conditions)
        && conditions.EnumerateArray().Any(condition =>
            condition.GetProperty("type").GetString() == "Ready"
            && condition.GetProperty("status").GetString() == "True");

    private static string Pem(string[] kubeconfig, string field) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(
            kubeconfig.First(line => line.TrimStart().StartsWith(field + ":", StringComparison.Ordinal))
                .Split(':', 2)[1].Trim()));

    /// <summary>
    /// A socket belongs to the namespace of the thread that made it, so a thread of its own makes it.
    /// </summary>
    private async ValueTask<Stream> Connect(string host, int port, CancellationToken cancel)
    {
        var made = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            using var netns = File.OpenHandle(_netns);
            if (setns((int)netns.DangerousGetHandle(), CloneNewNet) != 0)
            {
                made.SetException(new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage()));
                return;
            }

            made.SetResult(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            {
                NoDelay = true,
            });
        }).Start();
        var socket = await made.Task;
        await socket.ConnectAsync(host, port, cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int fd, int type);
}
