using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Edge.Agent.Local;

/// <summary>Where a command reads and writes.</summary>
internal sealed record SiteConsole(TextWriter Out, TextWriter Error, Func<Stream> Input, Func<Stream> Output);

/// <summary>A command's way to the agent that runs on this machine.</summary>
internal sealed class SiteClient(string socket, SiteConsole console) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
        UseProxy = false,
    });

    /// <summary>The whole answer; null after the reason was told.</summary>
    public async Task<string?> Ask(string method, string path, string? body, CancellationToken cancellation)
    {
        using var buffer = new MemoryStream();
        return await Copy(method, path, body, buffer, cancellation) == 0
            ? Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length)
            : null;
    }

    /// <summary>Copies the answer as it comes; 0, or 1 after the reason was told.</summary>
    public async Task<int> Copy(
        string method, string path, string? body, Stream into, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), $"http://edge{path}");
            request.Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            using var response = await _http.SendAsync(request, cancellation);
            await using var content = await response.Content.ReadAsStreamAsync(cancellation);
            if (response.Headers.TryGetValues("Edge-Note", out var notes))
            {
                await console.Error.WriteLineAsync(string.Join('\n', notes));
            }

            if (response.StatusCode != HttpStatusCode.OK)
            {
                using var refusal = new StreamReader(content);
                while (await refusal.ReadLineAsync(cancellation) is { } line)
                {
                    await console.Error.WriteLineAsync($"error: {line}");
                }

                return 1;
            }

            await content.CopyToAsync(into, cancellation);
            await into.FlushAsync(cancellation);
            return 0;
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or SocketException)
        {
            var cause = failed.GetBaseException();
            await console.Error.WriteLineAsync(cause is SocketException { SocketErrorCode: var code }
                ? $"error: no agent answers at {socket}: {code}"
                : $"error: the agent's answer ended early: {cause.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Interrupted;
        }
    }

    /// <summary>As a shell says it of what ended by SIGINT.</summary>
    private const int Interrupted = 130;

    public void Dispose() => _http.Dispose();
}
