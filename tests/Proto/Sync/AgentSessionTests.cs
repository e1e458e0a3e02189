using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Tests.Proto.Sync;

/// <summary>What a node says in its hello, and how it answers an invitation.</summary>
public sealed class AgentSessionTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(120);
    private static readonly Envelope Invite = new() { Invite = new Invite { ClusterUid = "cluster" } };

    private readonly List<Envelope> _sent = [];
    private readonly AgentSession _session;
    private bool _leases;

    public AgentSessionTests()
    {
        _session = new AgentSession(
            new SessionSettings { ClusterUid = "cluster" }, [], new Random(1), envelope => _sent.Add(envelope.Clone()))
        {
            AsksAlways = () => _leases,
        };
        _session.Connected(Start);
        _session.Poll(Start);
    }

    private ulong LastHello => _sent.Last(envelope => envelope.BodyCase == Envelope.BodyOneofCase.Hello).Session;

    [Fact]
    public void An_invitation_that_crosses_the_hello_does_not_void_its_welcome()
    {
        var first = LastHello;

        _session.Receive(Invite, Start);
        _session.Poll(Start);
        _session.Receive(Welcome(first), Start);

        Assert.Equal(2, _sent.Count);
        Assert.Equal(first, LastHello);
        Assert.True(_session.IsOpen);
    }

    [Fact]
    public void An_invitation_to_an_open_session_opens_a_new_one()
    {
        var first = LastHello;
        _session.Receive(Welcome(first), Start);

        _session.Receive(Invite, Start);
        _session.Poll(Start);

        Assert.NotEqual(first, LastHello);
        Assert.False(_session.IsOpen);
    }

    [Fact]
    public void A_hello_says_how_often_the_agent_lets_hear_from_it() =>
        Assert.Equal(120u, Assert.Single(_sent).Hello.KeepAliveSeconds);

    [Fact]
    public void An_invitation_of_another_cluster_means_nothing()
    {
        _session.Receive(new Envelope { Invite = new Invite { ClusterUid = "other" } }, Start);
        _session.Poll(Start);

        Assert.Single(_sent);
    }

    [Fact]
    public void Of_an_idle_link_every_fourth_heartbeat_asks_for_an_answer()
    {
        var beats = Beats(9);

        Assert.Equal([false, true, true, true, false, true, true, true, false], beats.Select(beat => beat.Quiet));
    }

    [Fact]
    public void With_a_lease_every_heartbeat_asks_for_an_answer()
    {
        _leases = true;

        Assert.All(Beats(5), beat => Assert.False(beat.Quiet));
    }

    [Fact]
    public void A_lease_that_comes_with_desired_counts_from_the_last_heartbeat_that_the_server_heard()
    {
        var last = Beats(3)[^1];
        Assert.True(last.Quiet);
        var answered = _session.LastAnswered;

        _session.Receive(
            new Envelope
            {
                Session = LastHello,
                Chunk = new Chunk { Map = Map.Desired, Kind = ChunkKind.Delta, Heard = last.Number },
            },
            Start + (3 * KeepAlive));

        Assert.Equal(answered + (2 * KeepAlive), _session.LastAnswered);
    }

    [Fact]
    public void An_answer_that_is_asked_for_and_does_not_come_opens_a_new_session()
    {
        Assert.True(Beats(4)[^1].Quiet);
        var first = LastHello;
        _session.Poll(Start + (5 * KeepAlive));

        _session.Poll(Start + (5 * KeepAlive) + SessionSettings.AnswerWait);

        Assert.NotEqual(first, LastHello);
    }

    /// <summary>The next heartbeats of an idle link; those that ask are answered.</summary>
    private List<Heartbeat> Beats(int count)
    {
        _session.Receive(Welcome(LastHello), Start);
        var beats = new List<Heartbeat>();
        for (var number = 1; number <= count; number++)
        {
            var now = Start + (number * KeepAlive);
            _session.Poll(now);
            var beat = _sent.Last(envelope => envelope.BodyCase == Envelope.BodyOneofCase.Heartbeat).Heartbeat;
            beats.Add(beat);
            if (!beat.Quiet)
            {
                _session.Receive(
                    new Envelope
                    {
                        Session = LastHello, HeartbeatAnswer = new HeartbeatAnswer { Number = beat.Number },
                    },
                    now);
            }
        }

        return beats;
    }

    [Fact]
    public void A_welcome_says_how_widely_the_next_return_is_spread_and_a_later_one_counts_instead()
    {
        Assert.Equal(TimeSpan.Zero, _session.ReconnectSpread);
        var welcome = Welcome(LastHello);
        welcome.Welcome.ReconnectSpreadMilliseconds = 66_667;
        _session.Receive(welcome, Start);
        _session.Lost();
        Assert.Equal(TimeSpan.FromMilliseconds(66_667), _session.ReconnectSpread);

        _session.Connected(Start);
        _session.Poll(Start);
        _session.Receive(Welcome(LastHello), Start);
        Assert.Equal(TimeSpan.Zero, _session.ReconnectSpread);
    }

    [Fact]
    public void Nodes_that_a_new_server_invites_at_once_say_hello_one_after_the_other()
    {
        var invite = Invite.Clone();
        invite.Invite.SpreadMilliseconds = 20_000;
        var due = new List<double>();
        for (var seed = 0; seed < 1000; seed++)
        {
            var session = new AgentSession(
                new SessionSettings { ClusterUid = "cluster" }, [], new Random(seed), envelope => _sent.Add(envelope));
            session.Connected(Start);
            session.Poll(Start);
            session.Receive(Welcome(LastHello), Start);
            session.Receive(invite, Start);
            due.Add((session.Due!.Value - Start).TotalSeconds);
        }

        Assert.All(due, seconds => Assert.InRange(seconds, 0, 20));
        Assert.All(due.CountBy(seconds => (int)seconds), count => Assert.InRange(count.Value, 25, 75));
    }

    [Fact]
    public void An_invitation_puts_no_hello_off()
    {
        var due = _session.Due;
        var invite = Invite.Clone();
        invite.Invite.SpreadMilliseconds = uint.MaxValue;
        _session.Receive(invite, Start);
        Assert.True(_session.Due <= due);
    }

    private static Envelope Welcome(ulong session) => new()
    {
        Session = session,
        Welcome = new Welcome { ClusterUid = "cluster", Protocol = SessionSettings.Protocol },
    };
}
