using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Edge.Tests.Agent.Enrolment;

/// <summary>A TLS server of this process that answers one request a connection with what the test says.</summary>
internal sealed class EnrolmentServer : IAsyncDisposable
{
    private const int RequestBytesMax = 64 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _serving;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public EnrolmentServer()
    {
        Authority = MakeAuthority();
        _serving = MakeServing(Authority);
        _listener.Start();
        _accepting = Accept();
    }

    public X509Certificate2 Authority { get; }

    public Uri Url => new($"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>From the request line to the status line and the body; null hangs up.</summary>
    public required Func<string, (string Status, string Body)?> Answer { get; init; }

    public List<string> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _serving.Dispose();
        Authority.Dispose();
        _stop.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptTcpClientAsync(_stop.Token);
                await Serve(socket);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient socket)
    {
        try
        {
            await using var tls = new SslStream(socket.GetStream());
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _serving }, _stop.Token);
            var line = await ReadRequest(tls);
            Requests.Add(line);
            if (Answer(line) is not { } answer)
            {
                return;
            }

            await tls.WriteAsync(Encoding.UTF8.GetBytes(
                $"HTTP/1.1 {answer.Status}\r\nContent-Length: {Encoding.UTF8.GetByteCount(answer.Body)}\r\n"
                    + $"Connection: close\r\n\r\n{answer.Body}"), _stop.Token);
        }
        catch (Exception ended) when (ended is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client does not trust this server, which is what some tests are about.
        }
    }

    /// <summary>Reads head and body, so that the client is not cut off, and returns the request line.</summary>
    private async Task<string> ReadRequest(SslStream tls)
    {
        var buffer = new byte[RequestBytesMax];
        var have = 0;
        while (true)
        {
            var read = await tls.ReadAsync(buffer.AsMemory(have), _stop.Token);
            have += read;
            var text = Encoding.UTF8.GetString(buffer, 0, have);
            var head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (read == 0)
            {
                throw new IOException("the client hung up");
            }

            if (head >= 0 && have - head - 4 >= LengthOf(text[..head]))
            {
                return text[..text.IndexOf(" HTTP/", StringComparison.Ordinal)];
            }
        }
    }

    private static int LengthOf(string head) => head.Split("\r\n")
        .Where(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
        .Select(line => int.Parse(line["Content-Length:".Length..].Trim())).FirstOrDefault();

    private static X509Certificate2 MakeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(9999, 1, 1, 0, 0, 0, default));
    }

    private static X509Certificate2 MakeServing(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, authority.NotBefore, authority.NotAfter, [1, 2, 3]);
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
