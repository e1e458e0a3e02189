using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Tests.Proto.Sync;

/// <summary>What a node says in its hello, and how it answers an invitation.</summary>
public sealed class AgentSessionTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(10);
    private static readonly Envelope Invite = new() { Invite = new Invite { ClusterUid = "cluster" } };

    private readonly List<Envelope> _sent = [];
    private readonly AgentSession _session;

    public AgentSessionTests()
    {
        _session = new AgentSession(
            new SessionSettings { ClusterUid = "cluster" }, [], new Random(1), envelope => _sent.Add(envelope.Clone()));
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

    private static Envelope Welcome(ulong session) => new()
    {
        Session = session,
        Welcome = new Welcome { ClusterUid = "cluster", Protocol = SessionSettings.Protocol },
    };
}
