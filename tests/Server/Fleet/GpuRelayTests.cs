using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Fleet;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Fleet;

public sealed class GpuRelayTests
{
    [Fact]
    public async Task A_nodes_answer_is_what_its_GPUs_say()
    {
        var gpus = await Ask(Says("""{"devices":[{"uuid":"GPU-a","readings":{"load":7}}]}"""));

        Assert.Equal(7, Assert.Single(gpus!.Devices).Readings?.Load);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"devices":[{}]}""")]
    [InlineData("""{"devices":[{"uuid":"GPU-a","readings":{"load":"much"}}]}""")]
    public async Task An_answer_that_cannot_be_is_none(string text) => Assert.Null(await Ask(Says(text)));

    [Fact]
    public async Task A_node_that_is_not_there_or_knows_no_such_question_says_nothing()
    {
        Assert.Null(await Ask(null));
        Assert.Null(await Ask(stream => stream.Receive(
            new Envelope { StreamEnd = new StreamEnd { Error = "this agent knows no stream \"gpus\"" } })));
    }

    [Fact]
    public async Task A_driver_that_hangs_does_not_keep_whoever_asks()
    {
        var clock = new FakeClock();
        var asked = Ask(_ => { }, clock);
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await asked);
    }

    private static Task<GpuInventory?> Ask(Action<LinkStream>? node, FakeClock? clock = null) => new GpuRelay(
        (_, request, _) =>
        {
            Assert.Equal(GpuInventory.StreamKind, request.Kind);
            if (node is null)
            {
                throw new LinkStreamException("node n1 is not connected");
            }

            var stream = new LinkStream(_ => { }, credit: 0);
            node(stream);
            return Task.FromResult(stream);
        },
        clock ?? new FakeClock(), NullLogger<GpuRelay>.Instance).Ask("n1", default);

    private static Action<LinkStream> Says(string text) => stream =>
    {
        var bytes = Google.Protobuf.ByteString.CopyFrom(Encoding.UTF8.GetBytes(text));
        stream.Receive(new Envelope { StreamData = new StreamData { Data = bytes } });
        stream.Receive(new Envelope { StreamEnd = new StreamEnd { Offset = (ulong)bytes.Length } });
    };
}
