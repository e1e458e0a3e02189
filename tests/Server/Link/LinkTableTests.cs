using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Link;

/// <summary>Who is heard and who is gone, without a broker.</summary>
public sealed class LinkTableTests
{
    private readonly FakeClock _clock = new();
    private readonly List<Envelope> _sent = [];
    private readonly LinkTable _table;
    private ulong _session;

    public LinkTableTests() => _table = new LinkTable(
        new SessionSettings { ClusterUid = "test" }, _clock, new Random(1), (_, envelope) => _sent.Add(envelope),
        NullLogger.Instance);

    [Fact]
    public void A_denied_node_that_is_deleted_and_made_again_is_still_denied()
    {
        _table.SetAllDesired("a", []);
        _table.Deny("a");
        _table.Forget("a");
        _sent.Clear();
        _table.SetAllDesired("a", []);
        Hello("a");
        Assert.Null(_table.Open("a"));
        Assert.Empty(_table.TakePending());
        Assert.Empty(_sent);

        _table.Allow("a");
        Hello("a");
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void A_denial_ends_the_session()
    {
        _table.SetAllDesired("a", []);
        Hello("a");
        _table.TakePending();
        _table.Deny("a");
        Assert.Null(_table.Open("a"));
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(_table.TakePending()));
    }

    private void Hello(string node) => Say(node, new Envelope
    {
        Session = ++_session,
        Hello = new Hello
        {
            ClusterUid = "test", ProtocolMin = SessionSettings.Protocol, ProtocolMax = SessionSettings.Protocol,
        },
    });

    private void Say(string node, Envelope envelope) =>
        _table.Handle(new MqttEvent.Received(new MqttMessage(Topics.Up(node), Packet.Encode(envelope))));
}
