using System.Text;
using Edge.Agent.Report.Streams;
using Edge.Proto.Model;
using Edge.Tests.Agent.Network;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Report.Streams;

/// <summary>Connections to ports that only processes inside a pod's network can see.</summary>
public sealed class PortAnswersTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [SkippableTheory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public Task A_server_on_the_pods_own_loopback_is_reached_and_answers_after_the_client_is_done(string address) =>
        TestNode.Run(async node =>
        {
            var sandbox = await node.Create("uid-a");
            await node.InPod(sandbox, "sysctl -qw net.ipv6.conf.lo.disable_ipv6=0");
            var page = Path.Combine(node.Settings.RunDir, "page");
            await File.WriteAllTextAsync(page, "Edge runs.");
            await node.InPod(
                sandbox,
                $"busybox timeout 20 busybox httpd -f -p {address}:81 -h {node.Settings.RunDir} > /dev/null 2>&1 &");
            await using var pair = await Connected(node, 81);

            await pair.Server.Write("GET /page "u8.ToArray(), default);
            await pair.Server.Write("HTTP/1.0\r\n\r\n"u8.ToArray(), default);
            pair.Server.Close();
            Assert.EndsWith("\r\n\r\nEdge runs.", await Rest(pair));
        });

    [SkippableFact]
    public Task Where_nobody_listens_it_is_said_in_containerds_words() => TestNode.Run(async node =>
    {
        await node.Create("uid-a");
        await using var pair = new StreamPair();

        var refused = await Assert.ThrowsAsync<IOException>(() => Answer(node, pair, "uid-a", 82));
        Assert.Equal(
            "failed to connect to localhost:82 inside namespace \"uid-a\", IPv4: dial tcp4 127.0.0.1:82: connect: "
            + "connection refused IPv6: dial tcp6 [::1]:82: connect: connection refused", refused.Message);
        var gone = await Assert.ThrowsAsync<IOException>(() => Answer(node, pair, "uid-b", 82));
        Assert.Equal("sandbox container \"uid-b\" is not running", gone.Message);
        await Assert.ThrowsAsync<IOException>(() => Answer(node, pair, "../uid-a", 82));
        Assert.Equal("port 0 is none", await Answer(node, pair, "uid-a", 0));
    });

    private static async Task<StreamPair> Connected(TestNode node, int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            var pair = new StreamPair();
            var answer = End(pair, Answer(node, pair, "uid-a", port));
            if (await Task.WhenAny(answer, pair.Server.ReadPiece(default).AsTask()) != answer)
            {
                return pair;
            }

            await pair.DisposeAsync();
            Assert.True(attempt < 50, await answer);
            await Task.Delay(100);
        }
    }

    private static Task<string?> Answer(TestNode node, StreamPair pair, string uid, int port) =>
        new PortAnswers(node.Network.Connect, TimeProvider.System).Answer(
            StreamPair.Payload(new PodStreamRequest { PodUid = uid, Port = port }), pair.Agent, pair.Agent.Ended)
        .WaitAsync(Limit);

    /// <summary>As <see cref="StreamAnswers"/> does it.</summary>
    private static async Task<string?> End(StreamPair pair, Task<string?> answer)
    {
        try
        {
            pair.Agent.End(await answer);
            return null;
        }
        catch (IOException refused)
        {
            return refused.Message;
        }
    }

    private static async Task<string> Rest(StreamPair pair)
    {
        var text = new StringBuilder();
        while (await pair.Server.ReadPiece(default).AsTask().WaitAsync(Limit) is { } piece)
        {
            text.Append(Encoding.UTF8.GetString(piece.Data.Span));
        }

        return text.ToString();
    }
}
