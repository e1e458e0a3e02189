using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using static Edge.Tests.Server.Link.LinkEnds;

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
    public void A_silent_node_hears_nothing_until_desired_tells_of_what_was_given_away()
    {
        var minute = TimeSpan.FromMinutes(1);
        _table.SetAllDesired("a", [Entry("pods/1", "run"), Entry("pods/2", "run")]);
        _table.Published(10);
        Assert.False(_table.TryWithhold("a", "pods/1", minute));
        _clock.Advance(minute);
        Assert.Equal(minute, _table.SilenceOf("a"));
        Assert.True(_table.TryWithhold("a", "pods/1", minute));

        Hello("a");
        _table.SetAllDesired("a", [Entry("pods/1", "run")]);
        _table.Published(11);
        Hello("a");
        Assert.Null(_table.Open("a"));

        _table.Settle("a", "pods/1", 12);
        Hello("a");
        Assert.Null(_table.Open("a"));

        _table.SetAllDesired("a", []);
        _table.Published(12);
        Hello("a");
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void What_a_node_never_heard_of_is_given_away_without_muting_it()
    {
        _table.SetAllDesired("a", []);
        Assert.True(_table.TryWithhold("a", "pods/1", TimeSpan.Zero));
        _table.Settle("a", "pods/1", 12);
        Hello("a");
        Assert.Null(_table.Open("a"));
        _table.Published(12);
        Hello("a");
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void What_was_published_before_it_was_settled_is_not_waited_for_again()
    {
        _table.SetAllDesired("a", [Entry("pods/1", "run")]);
        Assert.True(_table.TryWithhold("a", "pods/1", TimeSpan.Zero));
        _table.SetAllDesired("a", []);
        _table.Published(12);
        _table.Settle("a", "pods/1", 12);
        Hello("a");
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void A_node_whose_desired_state_is_too_large_hears_again_once_what_it_has_names_nothing_given_away()
    {
        var huge = Entry("pods/2", new string('x', MapLimits.MapBytesMax + 1));
        _table.SetAllDesired("a", [Entry("pods/1", "run")]);
        Assert.True(_table.TryWithhold("a", "pods/1", TimeSpan.Zero));
        Assert.Equal(SetOutcome.TooLarge, _table.SetAllDesired("a", [huge]));
        _table.Settle("a", "pods/1", 12);
        _table.Published(12);
        Hello("a");
        Assert.Null(_table.Open("a"));

        _table.SetAllDesired("a", []);
        _table.Published(13);
        Hello("a");
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void A_node_that_is_there_or_was_heard_just_now_keeps_what_it_has()
    {
        Connected("a");
        Assert.False(_table.TryWithhold("a", "pods/1", TimeSpan.Zero));
        _table.Handle(new MqttEvent.Disconnected("down"));
        _clock.Advance(LinkTable.ReturnWait);
        Worked();
        Assert.False(_table.TryWithhold("a", "pods/1", LinkTable.ReturnWait + TimeSpan.FromSeconds(1)));
        Assert.True(_table.TryWithhold("a", "pods/1", LinkTable.ReturnWait));
    }

    [Fact]
    public void What_is_released_is_heard_again_and_is_invited()
    {
        _table.SetAllDesired("a", [Entry("pods/1", "run")]);
        Assert.True(_table.TryWithhold("a", "pods/1", TimeSpan.Zero));
        _clock.Advance(SessionSettings.InviteEvery);
        _sent.Clear();
        _table.Release("a", "pods/1");
        Assert.Equal(Envelope.BodyOneofCase.Invite, Assert.Single(_sent).BodyCase);
        Hello("a");
        Assert.NotNull(_table.Open("a"));
    }

    [Fact]
    public void A_node_that_is_made_again_is_silent_only_since_then()
    {
        _table.SetAllDesired("a", []);
        _clock.Advance(TimeSpan.FromHours(1));
        _table.Forget("a");
        _table.SetAllDesired("a", []);
        Assert.Equal(TimeSpan.Zero, _table.SilenceOf("a"));
    }

    [Fact]
    public void A_node_that_goes_was_last_heard_when_its_last_word_came()
    {
        _table.SetAllDesired("a", []);
        Assert.Null(_table.HeardAgo("a"));
        Connected("a");
        var heard = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TimeSpan.FromMinutes(5), _table.HeardAgo("a"));
        Assert.Equal(heard, Assert.IsType<LinkEvent.Disconnected>(Assert.Single(Worked())).LastHeard);
    }

    [Fact]
    public void Many_nodes_are_told_to_spread_what_they_do_at_once_and_are_waited_for_so_much_longer()
    {
        for (var node = 0; node < 1000; node++)
        {
            _table.SetAllDesired($"node-{node}", []);
        }

        Assert.Equal(2666u, _sent[^1].Invite.SpreadMilliseconds);
        Connected("node-1");
        Assert.Equal(6666u, _sent.Last(sent => sent.Welcome is not null).Welcome.ReconnectSpreadMilliseconds);

        _table.Handle(new MqttEvent.Disconnected("down"));
        _clock.Advance(LinkTable.ReturnWait + TimeSpan.FromSeconds(6));
        Assert.Empty(Worked());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(Worked()));
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

    [Fact]
    public void A_broker_that_stays_away_takes_its_nodes_with_it_after_a_minute()
    {
        Connected("a");
        _table.Handle(new MqttEvent.Disconnected("down"));
        _clock.Advance(LinkTable.ReturnWait / 2);
        _table.Handle(new MqttEvent.Disconnected("still down"));
        Assert.Empty(Worked());
        _clock.Advance(LinkTable.ReturnWait / 2);
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(Worked()));
    }

    [Fact]
    public void A_broker_that_comes_back_gives_its_nodes_a_minute_again()
    {
        Connected("a");
        _table.Handle(new MqttEvent.Disconnected("down"));
        _clock.Advance(LinkTable.ReturnWait - TimeSpan.FromSeconds(1));
        _table.Handle(new MqttEvent.Connected());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(Worked());
        Hello("a");
        Worked();
        _clock.Advance(LinkTable.ReturnWait);
        Assert.Empty(Worked());
    }

    [Theory]
    [InlineData(0, 300)]
    [InlineData(120, 300)]
    [InlineData(600, 1500)]
    [InlineData(1, 25)]
    [InlineData(uint.MaxValue, 9000)]
    public void A_node_whose_will_was_lost_is_gone_after_two_and_a_half_keep_alives(uint keepAlive, int seconds)
    {
        Connected("a", keepAlive);
        _clock.Advance(TimeSpan.FromSeconds(seconds - 1));
        Assert.Empty(Worked());
        Assert.True(_table.Work((_, _) => { }) <= _table.Now + TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(Worked()));
        Assert.Null(_table.Open("a"));
    }

    [Fact]
    public void A_node_that_lets_hear_from_it_stays()
    {
        Connected("a");
        for (var i = 0; i < 10; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(120));
            Say("a", new Envelope { Session = _session, Heartbeat = new Heartbeat { Number = (ulong)i + 1 } });
            Assert.DoesNotContain(Worked(), told => told is LinkEvent.Disconnected);
        }
    }

    [Fact]
    public void That_a_node_has_what_it_should_is_known_by_a_heartbeat_since_its_acknowledgement_not_by_a_hello()
    {
        _table.SetAllDesired("a", [Entry("pods/1", "run")]);
        Hello("a");
        Assert.Null(_table.ReachedFor("a"));
        Beat("a", 1);
        Assert.Null(_table.ReachedFor("a"));

        var at = _table.Open("a")!.Session.Desired.Standing;
        Say("a", new Envelope
        {
            Session = _session, Ack = new Ack { Map = Map.Desired, Epoch = at.Epoch, Version = at.Version },
        });
        Assert.Null(_table.ReachedFor("a"));
        Beat("a", 2);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Beat("a", 3);
        Assert.Equal(TimeSpan.FromMinutes(1), _table.ReachedFor("a"));
    }

    private void Beat(string node, ulong number) =>
        Say(node, new Envelope { Session = _session, Heartbeat = new Heartbeat { Number = number } });

    private void Connected(string node, uint keepAlive = 0)
    {
        _table.SetAllDesired(node, []);
        Hello(node, keepAlive);
        Assert.Contains(Worked(), told => told is LinkEvent.Connected);
    }

    private LinkEvent[] Worked()
    {
        _table.Work((_, _) => { });
        return _table.TakePending();
    }

    private void Hello(string node, uint keepAlive = 0) => Say(node, new Envelope
    {
        Session = ++_session,
        Hello = new Hello
        {
            ClusterUid = "test", ProtocolMin = SessionSettings.Protocol, ProtocolMax = SessionSettings.Protocol,
            KeepAliveSeconds = keepAlive,
        },
    });

    private void Say(string node, Envelope envelope) =>
        _table.Handle(new MqttEvent.Received(new MqttMessage(Topics.Up(node), Packet.Encode(envelope))));
}
