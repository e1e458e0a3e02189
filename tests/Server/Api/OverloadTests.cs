using System.Net;
using System.Text;
using Edge.Server.Api.Verbs;
using Edge.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api;

/// <summary>Too much at once: who asks too much is told to wait, who does not read is cut, others go on.</summary>
public sealed class OverloadTests
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    /// <summary>After which what was to come will not.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_busy_caller_is_told_to_come_again_while_others_are_answered()
    {
        await using var api = new RunningApi();
        var busy = Masters(api, "busy");
        using var held = new HeldBody();
        var posts = Enumerable.Range(0, 310).Select(_ => busy.SendAsync(Post(held))).ToList();

        // Those that find a place wait for their body; those that find none are answered at once.
        var refused = await await Task.WhenAny(posts).WaitAsync(s_limit);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        var status = await ApiFixture.Body(refused);
        Assert.Equal("TooManyRequests", (string?)status["reason"]);
        Assert.Equal("Too many requests, please try again later.", (string?)status["message"]);
        Assert.Equal(1, (int)status["details"]!["retryAfterSeconds"]!);

        var other = Masters(api, "other");
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync(Maps)).StatusCode);

        // Watches are counted apart.
        using var watch = await busy.GetAsync($"{Maps}?watch=true", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, watch.StatusCode);

        held.Release();
        await Task.WhenAll(posts);
        Assert.Equal(HttpStatusCode.OK, (await busy.GetAsync(Maps)).StatusCode);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_watcher_that_does_not_read_is_cut(string version)
    {
        var clock = new FakeClock();
        await using var api = new RunningApi(clock);
        var client = api.Fixture.Admin;
        client.DefaultRequestVersion = Version.Parse(version);
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Maps)).StatusCode);
        // The server follows the roles for itself.
        var own = api.Fixture.Store.Watches;
        using var slow = await client.GetAsync(
            $"{Maps}?watch=true&timeoutSeconds=1000000", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(own + 1, api.Fixture.Store.Watches);

        // At some time the sockets of both ends are full.
        var key = StoreKeys.For("", "configmaps", "default", "large");
        for (var tries = 0; api.Fixture.Store.Watches > own && tries < 200; tries++)
        {
            await api.Fixture.Store.Txn([], [StoreOp.Put(key, Large())], default);
            clock.Advance(EventStream.Patience);
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(own, api.Fixture.Store.Watches);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{Maps}/large")).StatusCode);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
            await (await slow.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null));
    }

    private static ReadOnlyMemory<byte> Large() => Encoding.UTF8.GetBytes(
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large","namespace":"default"},"data":{"a":" """
        + new string('x', 1_000_000) + "\"}}");

    private static HttpClient Masters(RunningApi api, string name)
    {
        var certificate = ApiFixture.Issue(api.Fixture.ApiCa, $"O=system:masters, CN={name}");
        return api.Fixture.Client(certificate);
    }

    /// <summary>HTTP/2, so that hundreds of requests need one connection.</summary>
    private static HttpRequestMessage Post(HeldBody body) => new(HttpMethod.Post, Maps)
    {
        Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = body.Make(),
    };

    private sealed class RunningApi : IAsyncDisposable
    {
        public RunningApi(FakeClock? clock = null)
        {
            Fixture = clock is null ? new ApiFixture() : new ApiFixture { Time = clock };
            Fixture.InitializeAsync().GetAwaiter().GetResult();
        }

        public ApiFixture Fixture { get; }

        public async ValueTask DisposeAsync() => await Fixture.DisposeAsync();
    }

    /// <summary>Bodies that are on their way until they are released.</summary>
    private sealed class HeldBody : IDisposable
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public HttpContent Make() => new Content(_released.Task);

        public void Release() => _released.TrySetResult();

        public void Dispose() => Release();

        private sealed class Content(Task released) : HttpContent
        {
            protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            {
                await stream.FlushAsync();
                await released;
            }

            protected override bool TryComputeLength(out long length)
            {
                length = 0;
                return false;
            }
        }
    }
}
