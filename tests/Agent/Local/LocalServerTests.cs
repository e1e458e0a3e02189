using System.Net.Sockets;
using System.Text;
using Edge.Agent.Local;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Local;

/// <summary>The socket on site under everything that may come to it.</summary>
public sealed class LocalServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _home = MemoryDirectory.Create("edge-socket-");
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private bool _admits = true;
    private int _refusals;

    private string Socket => LocalServer.PathIn(_home);

    public Task InitializeAsync()
    {
        var server = new LocalServer(Socket, Act, _ => _admits, _clock, NullLogger.Instance)
        {
            Accept = (listener, cancellation) => Interlocked.Decrement(ref _refusals) >= 0
                ? throw new SocketException((int)SocketError.TooManyOpenSockets)
                : listener.AcceptAsync(cancellation),
        };
        _running = server.Run(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Patience);
        Assert.False(File.Exists(Socket));
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_request_is_answered_with_its_body_and_its_fields()
    {
        var answer = await Ask("POST /v1/echo?a=b%20c HTTP/1.1\r\nHost: x\r\ncontent-length: 5\r\n\r\nhello");
        Assert.StartsWith("HTTP/1.1 200 ", answer);
        Assert.Contains("POST /v1/echo b c hello", answer);
    }

    [Fact]
    public async Task Callers_wait_while_no_descriptor_is_left_and_are_answered_then()
    {
        _refusals = 3;
        // The one that was awaited before is answered as ever.
        Assert.StartsWith("HTTP/1.1 200 ", await Ask("GET /v1/echo?a=b HTTP/1.1\r\n\r\n"));
        var waiting = Ask("GET /v1/echo?a=b HTTP/1.1\r\n\r\n");
        while (!waiting.IsCompleted)
        {
            Assert.False(_running.IsCompleted);
            _clock.Advance(LocalServer.AcceptAgain);
            await Task.Yield();
        }

        Assert.StartsWith("HTTP/1.1 200 ", await waiting);
        Assert.True(_refusals < 0);
    }

    [Fact]
    public void Nobody_but_root_can_open_the_socket() =>
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));

    [Fact]
    public async Task Who_is_not_admitted_is_turned_away()
    {
        _admits = false;
        Assert.Contains("403", await Ask("GET /v1/echo HTTP/1.1\r\n\r\n"));
    }

    [Theory]
    [InlineData("\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 400)]
    [InlineData("GET v1 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400)]
    [InlineData("GET /?a HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /?a=1&a=2 HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabc", 400)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413)]
    [InlineData("POST /refused HTTP/1.1\r\n\r\n", 409)]
    [InlineData("POST /broken HTTP/1.1\r\n\r\n", 500)]
    public async Task A_request_that_makes_no_sense_gets_its_number(string request, int status) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await Ask(request));

    [Fact]
    public async Task A_head_without_end_is_cut_and_garbage_ends_nothing()
    {
        Assert.StartsWith("HTTP/1.1 431 ", await Ask("GET / HTTP/1.1\r\nx: " + new string('a', 9000)));
        var random = new Random(1);
        var garbage = new byte[512];
        for (var i = 0; i < 50; i++)
        {
            random.NextBytes(garbage);
            using var client = await Connect();
            await client.SendAsync(garbage);
            client.Shutdown(SocketShutdown.Send);
        }

        Assert.StartsWith("HTTP/1.1 200 ", await Ask("GET /v1/echo HTTP/1.1\r\n\r\n"));
    }

    [Fact]
    public async Task A_request_that_does_not_come_is_given_up()
    {
        using var client = await Connect();
        await client.SendAsync("GET /v1"u8.ToArray());
        while (!_clock.IsAwaited)
        {
            await Task.Yield();
        }

        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.StartsWith("HTTP/1.1 408 ", await ReadAll(client));
    }

    [Fact]
    public async Task More_persons_than_places_wait_until_one_goes()
    {
        var crowd = new List<Socket>();
        for (var i = 0; i < LocalServer.ConnectionsMax; i++)
        {
            var one = await Connect();
            await one.SendAsync("GET /wait HTTP/1.1\r\n\r\n"u8.ToArray());
            crowd.Add(one);
        }

        var late = Ask("GET /v1/echo HTTP/1.1\r\n\r\n");
        crowd[3].Dispose();
        Assert.StartsWith("HTTP/1.1 200 ", await late.WaitAsync(Patience));
        crowd.ForEach(one => one.Dispose());
    }

    [Fact]
    public async Task Who_goes_away_ends_what_he_asked_for()
    {
        var client = await Connect();
        await client.SendAsync("GET /wait HTTP/1.1\r\n\r\n"u8.ToArray());
        await client.ReceiveAsync(new byte[1]);
        client.Dispose();
        await _gone.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_seen_as_such()
    {
        using var client = new SiteClient(Socket, new SiteConsole(
            TextWriter.Null, TextWriter.Null, () => Stream.Null, () => Stream.Null));
        Assert.Null(await client.Ask("GET", "/half", null, default));
        Assert.Equal("GET /v1/echo  ", await client.Ask("GET", "/v1/echo", null, default));
    }

    private async Task Act(LocalRequest request, LocalAnswer answer, CancellationToken cancellation)
    {
        switch (request.Path)
        {
            case "/refused":
                throw new LocalRefusal(409, "no");
            case "/broken":
                throw new InvalidOperationException("broken");
            case "/half":
                await answer.Piece("half"u8.ToArray(), cancellation);
                throw new LocalRefusal(409, "no");
            case "/wait":
                try
                {
                    await answer.Piece("."u8.ToArray(), cancellation);
                    await Task.Delay(Timeout.InfiniteTimeSpan, _clock, cancellation);
                }
                finally
                {
                    _gone.TrySetResult();
                }

                break;
            default:
                await answer.Whole(
                    $"{request.Method} {request.Path} {request.Of("a")} {request.Body}", cancellation);
                break;
        }
    }

    private async Task<Socket> Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        return client;
    }

    private async Task<string> Ask(string request)
    {
        using var client = await Connect();
        await client.SendAsync(Encoding.UTF8.GetBytes(request));
        return await ReadAll(client);
    }

    private static async Task<string> ReadAll(Socket client)
    {
        await using var stream = new NetworkStream(client);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer).WaitAsync(Patience);
        }
        catch (IOException)
        {
            // Closed with a part of the request unread: what was answered is there.
        }

        return Encoding.UTF8.GetString(answer.ToArray());
    }
}
