using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using static Edge.Tests.Server.Link.LinkEnds;

namespace Edge.Tests.Server.Link;

/// <summary>Devices that are enrolled and have no Node, keys that are denied, and two devices with one name.</summary>
public sealed class StrangerTests
{
    private static readonly (string Key, string Boot) s_one = (new string('1', 64), "boot-1");
    private static readonly (string Key, string Boot) s_two = (new string('2', 64), "boot-2");

    private readonly FakeClock _clock = new();
    private readonly List<(string Topic, Envelope Packet)> _sent = [];
    private readonly LinkTable _table;
    private ulong _session;

    public StrangerTests() => _table = new LinkTable(
        new SessionSettings { ClusterUid = "test" }, _clock, new Random(1),
        (topic, envelope) => _sent.Add((topic, envelope)), NullLogger.Instance);

    [Fact]
    public void A_device_without_a_node_is_told_of_and_served_once_it_has_one()
    {
        Say("a", Beat(7));
        Assert.Equal([Envelope.BodyOneofCase.Invite], Sent());
        Hello("a", s_one);
        Assert.Equal(new LinkEvent.Stranger("a", s_one.Key), Assert.Single(_table.TakePending()));
        Assert.Empty(Sent());

        _table.SetAllDesired("a", [Entry("pods/1", "run")]);
        Assert.Equal([Envelope.BodyOneofCase.Invite], Sent());
        Hello("a", s_one);
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void A_device_that_is_there_when_its_node_is_deleted_is_asked_at_once()
    {
        Serve("a", s_one);
        Presence("a", 5, online: true);
        _clock.Advance(SessionSettings.InviteEvery);
        _table.TakePending();
        _sent.Clear();
        _table.Forget("a");
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(_table.TakePending()));
        Assert.Equal([Envelope.BodyOneofCase.Invite], Sent());
        Hello("a", s_one);
        Assert.IsType<LinkEvent.Stranger>(Assert.Single(_table.TakePending()));

        Serve("a", s_one);
        _table.TakePending();
        Presence("a", 5, online: false);
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(_table.TakePending()));
    }

    [Fact]
    public void Nobody_is_told_of_whom_the_administrator_denied_or_whom_another_cluster_enrolled()
    {
        _table.Deny("a");
        _table.DenyKey(s_two.Key);
        Hello("a", s_one);
        Hello("b", s_two);
        Hello("c", s_one, cluster: "other");
        Assert.Empty(_table.TakePending());
        Assert.Empty(Sent());
    }

    [Fact]
    public void A_denied_key_loses_its_session_at_once_and_its_node_is_there_for_another_one()
    {
        Serve("a", s_one);
        _table.TakePending();
        _table.DenyKey(s_one.Key);
        Assert.Null(_table.Open("a"));
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(_table.TakePending()));

        _clock.Advance(TimeSpan.FromMinutes(1));
        _sent.Clear();
        Say("a", Beat(_session));
        Hello("a", s_one);
        Assert.Null(_table.Open("a"));
        Assert.Empty(Sent());
        Assert.Equal(TimeSpan.FromMinutes(1), _table.SilenceOf("a"));

        Hello("a", s_two);
        Assert.NotNull(_table.Open("a"));
        _table.AllowKey(s_one.Key);
        _clock.Advance(TimeSpan.FromHours(1));
        Hello("a", s_one);
        Assert.Contains(_table.TakePending(), told => told is LinkEvent.Connected { Hello.BootId: "boot-1" });
    }

    [Fact]
    public void Of_two_devices_with_one_name_the_one_that_is_heard_keeps_it()
    {
        Serve("a", s_one);
        var held = _session;
        Say("a", Beat(held));
        _table.TakePending();
        _sent.Clear();
        Hello("a", s_two);
        Assert.Equal(held, _table.Open("a")!.Session.Session);
        Assert.Empty(_table.TakePending());
        Assert.Equal([Envelope.BodyOneofCase.Deny], Sent());

        // However often the other one asks.
        for (var minute = 0; minute < 4; minute++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            Hello("a", s_two);
            Assert.Equal(held, _table.Open("a")!.Session.Session);
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Hello("a", s_two);
        Assert.NotEqual(held, _table.Open("a")!.Session.Session);
    }

    [Fact]
    public void The_key_that_the_node_records_gets_the_name_at_once()
    {
        Serve("a", s_one);
        _table.SetKey("a", s_two.Key);
        Hello("a", s_two);
        Assert.Equal(_session, _table.Open("a")!.Session.Session);
    }

    [Fact]
    public void A_device_that_changes_its_key_has_its_name_by_both()
    {
        Serve("a", s_one);
        Hello("a", (s_two.Key, s_one.Boot));
        Assert.Equal(_session, _table.Open("a")!.Session.Session);
        Hello("a", s_one);
        Assert.Equal(_session, _table.Open("a")!.Session.Session);
    }

    private void Serve(string node, (string Key, string Boot) device)
    {
        _table.SetAllDesired(node, []);
        Hello(node, device);
        Assert.NotNull(_table.Open(node));
    }

    private void Hello(string node, (string Key, string Boot) device, string cluster = "test") => Say(
        node,
        new Envelope
        {
            Session = ++_session,
            Hello = new Hello
            {
                ClusterUid = cluster, ProtocolMin = SessionSettings.Protocol, ProtocolMax = SessionSettings.Protocol,
                Key = ByteString.CopyFrom(Convert.FromHexString(device.Key)), BootId = device.Boot,
            },
        });

    private static Envelope Beat(ulong session) =>
        new() { Session = session, Heartbeat = new Heartbeat { Number = 1 } };

    private List<Envelope.BodyOneofCase> Sent()
    {
        List<Envelope.BodyOneofCase> sent = [.. _sent.Select(one => one.Packet.BodyCase)];
        _sent.Clear();
        return sent;
    }

    private void Say(string node, Envelope packet) =>
        _table.Handle(new MqttEvent.Received(new MqttMessage(Topics.Up(node), Packet.Encode(packet))));

    private void Presence(string node, ulong incarnation, bool online) => _table.Handle(
        new MqttEvent.Received(new MqttMessage(
            Topics.Presence(node), new Presence { Incarnation = incarnation, Online = online }.ToByteArray())));
}
