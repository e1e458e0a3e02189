using System.Net;
using System.Net.Sockets;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Probes;

/// <summary>One probe's answer; the message is the kubelet's.</summary>
internal readonly record struct ProbeAnswer(bool Success, string Message);

/// <summary>Asks a container whether it is well: by HTTP, by TCP, or by a command inside it.</summary>
internal sealed class ProbeClient(IPodEdge edge, TimeProvider clock) : IDisposable
{
    private const int RedirectsMax = 10;

    /// <summary>
    /// No pool, no proxy, no trust in certificates: a probe asks one process on this node, now and then.
    /// </summary>
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.Zero,
#pragma warning disable CA5359 // As in Kubernetes: a probe asks whether a process answers, not who it is.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    });

    public async Task<ProbeAnswer> Ask(
        Probe probe, Container container, string containerId, string podIp, CancellationToken cancellation)
    {
        var timeout = TimeSpan.FromSeconds(Math.Max(1, probe.TimeoutSeconds ?? 1));
        using var limit = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            return probe switch
            {
                { HttpGet: { } get } => await Http(get, container, podIp, either.Token),
                { TcpSocket: { } tcp } => await Tcp(tcp, container, podIp, either.Token),
                { Exec: { } exec } => await Exec(exec, containerId, timeout, cancellation),
                _ => new ProbeAnswer(true, ""),
            };
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return new ProbeAnswer(false, probe.TcpSocket is { } socket
                ? $"dial tcp {podIp}:{PortOf(socket.Port, container)}: i/o timeout"
                : $"Get \"{UrlOf(probe.HttpGet, container, podIp)}\": context deadline exceeded "
                    + "(Client.Timeout exceeded while awaiting headers)");
        }
        catch (RuntimeException broken)
        {
            return new ProbeAnswer(false, broken.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>A port by its number, or by the name the container gives it.</summary>
    internal static int PortOf(IntOrString port, Container container) => port.Name is { } name
        ? container.Ports?.FirstOrDefault(candidate => candidate.Name == name)?.Number
            ?? (int.TryParse(name, out var number) ? number : 0)
        : port.Number;

    private static Uri? UrlOf(HttpGetAction? get, Container container, string podIp)
    {
        if (get is null)
        {
            return null;
        }

        var host = get.Host is { Length: > 0 } named ? named : podIp;
        host = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        var scheme = get.Scheme == "HTTPS" ? "https" : "http";
        var path = get.Path is { Length: > 0 } given ? given.TrimStart('/') : "";
        return new Uri($"{scheme}://{host}:{PortOf(get.Port, container)}/{path}");
    }

    private async Task<ProbeAnswer> Http(
        HttpGetAction get, Container container, string podIp, CancellationToken cancellation)
    {
        var url = UrlOf(get, container, podIp)!;
        try
        {
            for (var hop = 0; hop <= RedirectsMax; hop++)
            {
                using var request = Request(get, url);
                using var response = await _http.SendAsync(request, cancellation);
                var status = (int)response.StatusCode;
                if (response.Headers.Location is { } location && status is 301 or 302 or 303 or 307 or 308)
                {
                    var next = new Uri(url, response.Headers.Location!);
                    if (next.Host == url.Host)
                    {
                        url = next;
                        continue;
                    }
                }

                return status is >= 200 and < 400
                    ? new ProbeAnswer(true, "")
                    : new ProbeAnswer(false, $"HTTP probe failed with statuscode: {status}");
            }

            return new ProbeAnswer(false, $"Get \"{url}\": stopped after {RedirectsMax} redirects");
        }
        catch (HttpRequestException refused)
        {
            return new ProbeAnswer(false, $"Get \"{url}\": {Dial(refused, url.Host, url.Port)}");
        }
    }

    private static HttpRequestMessage Request(HttpGetAction get, Uri url)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (var header in get.HttpHeaders ?? [])
        {
            // A name that is none, or that describes a body, is refused and left out.
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        AddDefault(request, "User-Agent", "kube-probe/1.33");
        AddDefault(request, "Accept", "*/*");
        AddDefault(request, "Connection", "close");
        return request;
    }

    private static void AddDefault(HttpRequestMessage request, string name, string value)
    {
        if (!request.Headers.NonValidated.Contains(name))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static async Task<ProbeAnswer> Tcp(
        TcpSocketAction tcp, Container container, string podIp, CancellationToken cancellation)
    {
        var host = tcp.Host is { Length: > 0 } named ? named : podIp;
        var port = PortOf(tcp.Port, container);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(host, port), cancellation);
            return new ProbeAnswer(true, "");
        }
        catch (SocketException refused)
        {
            return new ProbeAnswer(false, Dial(refused, host, port));
        }
    }

    private async Task<ProbeAnswer> Exec(
        ExecAction exec, string containerId, TimeSpan timeout, CancellationToken cancellation)
    {
        var result = await edge.Exec(containerId, exec.Command ?? [], timeout, cancellation);
        return result switch
        {
            { TimedOut: true } => new ProbeAnswer(false, $"command timed out after {timeout.TotalSeconds}s"),
            { ExitCode: 0 } => new ProbeAnswer(true, ""),
            _ => new ProbeAnswer(false, result.Output.TrimEnd()),
        };
    }

    private static string Dial(Exception refused, string host, int port)
    {
        var reason = (refused as SocketException ?? refused.InnerException as SocketException)?.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "connect: connection refused",
            SocketError.HostUnreachable => "connect: no route to host",
            SocketError.NetworkUnreachable => "connect: network is unreachable",
            SocketError.TimedOut => "connect: connection timed out",
            _ => (string?)null,
        };
        return reason is null ? refused.Message : $"dial tcp {host}:{port}: {reason}";
    }
}
