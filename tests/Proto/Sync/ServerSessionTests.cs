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
}
