using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Edge.Agent.Runtime.Grpc;

/// <summary>
/// gRPC over HTTP/2 without TLS on a unix socket: unary calls, server streams and duplex calls. The connection is made
/// on first use and again after the daemon restarted; a call that was cut is not repeated.
/// </summary>
internal sealed class GrpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly string _containerdNamespace;
    private readonly TimeProvider _clock;

    public GrpcChannel(string socketPath, string containerdNamespace, TimeProvider clock)
    {
        _containerdNamespace = containerdNamespace;
        _clock = clock;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, token) => Connect(socketPath, token),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseProxy = false,
        });
    }

    public async Task<TResponse> Call<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, CancellationToken token, string? lease = null)
        where TRequest : IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        using var limit = new CancellationTokenSource(method.Deadline, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
        try
        {
            using var message = Request(method.Path, new ByteArrayContent(GrpcFrame.Encode(request)), lease);
            using var response = await _http.SendAsync(message, both.Token);
            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            var answer = await GrpcFrame.Read(body, method.Answer, both.Token);
            // Trailers are there only when the body was read to its end.
            await body.CopyToAsync(Stream.Null, both.Token);
            GrpcStatus.ThrowIfFailed(method.Path, response);
            return answer ?? throw new IOException("the answer is empty");
        }
        catch (Exception e) when (GrpcStatus.IsBroken(e))
        {
            throw GrpcStatus.Broken(method.Path, e);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !token.IsCancellationRequested)
        {
            throw new RuntimeException(
                RuntimeReason.Timeout, $"{method.Path}: no answer in {method.Deadline.TotalSeconds:F0} s", e);
        }
    }

    /// <summary>A server stream; it has no deadline and ends with the token or with the daemon.</summary>
    public async IAsyncEnumerable<TResponse> Follow<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, TRequest request, [EnumeratorCancellation] CancellationToken token)
        where TRequest : IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        await using var call = Open(method, lease: null, token);
        await call.Send(request);
        call.Complete();
        while (await call.Receive(Timeout.InfiniteTimeSpan) is { } answer)
        {
            yield return answer;
        }
    }

    public GrpcDuplexCall<TRequest, TResponse> Open<TRequest, TResponse>(
        GrpcMethod<TRequest, TResponse> method, string? lease, CancellationToken token)
        where TRequest : IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        var content = new GrpcDuplexContent();
        var message = Request(method.Path, content, lease);
        return new GrpcDuplexCall<TRequest, TResponse>(method, message, content, _http, _clock, token);
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string path, HttpContent content, string? lease)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        // Recent Go servers refuse an authority that is an escaped socket path.
        var message = new HttpRequestMessage(HttpMethod.Post, $"http://localhost{path}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        message.Headers.TryAddWithoutValidation("te", "trailers");
        message.Headers.TryAddWithoutValidation("containerd-namespace", _containerdNamespace);
        if (lease is not null)
        {
            message.Headers.TryAddWithoutValidation("containerd-lease", lease);
        }

        return message;
    }

    private static async ValueTask<Stream> Connect(string path, CancellationToken token)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
