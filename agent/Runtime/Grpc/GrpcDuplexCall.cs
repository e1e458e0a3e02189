using Google.Protobuf;

namespace Edge.Agent.Runtime.Grpc;

/// <summary>
/// One call in which both sides may send. A Send after the daemon ended the call does nothing: the reason is in the
/// next Receive.
/// </summary>
internal sealed class GrpcDuplexCall<TRequest, TResponse> : IAsyncDisposable
    where TRequest : IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly GrpcMethod<TRequest, TResponse> _method;
    private readonly HttpRequestMessage _request;
    private readonly GrpcDuplexContent _content;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _life;
    private readonly CancellationToken _token;
    private readonly Task<HttpResponseMessage> _response;
    private Stream? _body;
    private bool _disposed;

    public GrpcDuplexCall(
        GrpcMethod<TRequest, TResponse> method,
        HttpRequestMessage request,
        GrpcDuplexContent content,
        HttpMessageInvoker http,
        TimeProvider clock,
        CancellationToken token)
    {
        _method = method;
        _request = request;
        _content = content;
        _clock = clock;
        _token = token;
        _life = CancellationTokenSource.CreateLinkedTokenSource(token);
        _response = http.SendAsync(request, _life.Token);
    }

    public async Task Send(TRequest message)
    {
        try
        {
            // A connection that cannot be made never opens the body.
            if (await Task.WhenAny(_content.Opened, _response) == _content.Opened)
            {
                var stream = await _content.Opened;
                await stream.WriteAsync(GrpcFrame.Encode(message), _life.Token);
                await stream.FlushAsync(_life.Token);
            }
        }
        catch (Exception e) when (GrpcStatus.IsBroken(e) || (e is OperationCanceledException && !IsCancelled))
        {
            // The daemon ended the call; its trailers, read by Receive, say why.
        }
    }

    /// <summary>Ends our half.</summary>
    public void Complete() => _content.Complete();

    /// <summary>The next answer, or null when the daemon ended the call without an error.</summary>
    public async Task<TResponse?> Receive(TimeSpan deadline)
    {
        using var limit = new CancellationTokenSource(deadline, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _life.Token);
        try
        {
            var response = await _response.WaitAsync(both.Token);
            _body ??= await response.Content.ReadAsStreamAsync(both.Token);
            var answer = await GrpcFrame.Read(_body, _method.Answer, both.Token);
            if (answer is null)
            {
                GrpcStatus.ThrowIfFailed(_method.Path, response);
            }

            return answer;
        }
        catch (Exception e) when (GrpcStatus.IsBroken(e))
        {
            throw GrpcStatus.Broken(_method.Path, e);
        }
        catch (OperationCanceledException e) when (!IsCancelled)
        {
            throw limit.IsCancellationRequested
                ? new RuntimeException(RuntimeReason.Timeout, $"{_method.Path}: no answer in {deadline}", e)
                : GrpcStatus.Broken(_method.Path, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _content.Complete();
        await _life.CancelAsync();
        try
        {
            (await _response).Dispose();
        }
        catch (Exception e) when (GrpcStatus.IsBroken(e) || e is OperationCanceledException)
        {
            // The call is being given up; how it ended was told by Receive.
        }

        _request.Dispose();
        _life.Dispose();
    }

    private bool IsCancelled => _token.IsCancellationRequested;
}
