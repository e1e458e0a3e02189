using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Tests.Proto.Sync;

/// <summary>When a server asks a node to say hello.</summary>
public sealed class ServerSessionTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(10);

    private readonly List<Envelope> _sent = [];
    private readonly ServerSession _session;

    public ServerSessionTests() => _session = new ServerSession(
        new SessionSettings { ClusterUid = "cluster" }, epoch: 1, [], new Random(1), _sent.Add);

    [Fact]
    public void A_node_is_invited_once_in_a_while()
    {
        _session.Invite(Start);
        _session.Invite(Start + TimeSpan.FromSeconds(1));
        Assert.Single(_sent);

        _session.Invite(Start + SessionSettings.InviteEvery);
        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public void A_new_connection_invites_again_at_once()
    {
        _session.Invite(Start);
        _session.Close();

        _session.Invite(Start);

        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public void A_quiet_heartbeat_is_answered_only_when_there_is_something_to_say()
    {
        Open();
        _session.Receive(Beat(1, quiet: true), Start);
        Assert.Empty(_sent);

        _session.Desired.Apply([new MapEntry("key", "value"u8.ToArray())], []);
        _session.Receive(Beat(2, quiet: true), Start);
        Assert.Equal(2u, Assert.Single(_sent).HeartbeatAnswer.Number);
    }

    [Fact]
    public void Heartbeats_of_older_agents_are_answered_always()
    {
        Open();

        _session.Receive(Beat(1, quiet: false), Start);

        Assert.Equal(1u, Assert.Single(_sent).HeartbeatAnswer.Number);
    }

    [Fact]
    public void What_desired_brings_says_which_heartbeat_was_heard_last()
    {
        Open();
        _session.Receive(Beat(7, quiet: true), Start);
        _session.Receive(Beat(6, quiet: true), Start);

        _session.Desired.Apply([new MapEntry("key", "value"u8.ToArray())], []);
        _session.Poll(Start);

        Assert.Equal(7u, Assert.Single(_sent).Chunk.Heard);
    }

    private void Open()
    {
        _session.Receive(
            new Envelope
            {
                Session = 5,
                Hello = new Hello
                {
                    ClusterUid = "cluster", ProtocolMin = SessionSettings.Protocol,
                    ProtocolMax = SessionSettings.Protocol,
                    Desired = _session.Desired.Standing.ToMessage(),
                    Reported = new Standing(9, 0, default).ToMessage(),
                },
            },
            Start);
        _sent.Clear();
    }

    private static Envelope Beat(ulong number, bool quiet) =>
        new() { Session = 5, Heartbeat = new Heartbeat { Number = number, Quiet = quiet } };
}
