using System.Security.Cryptography;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Tests.Support;
using Google.Protobuf;

namespace Edge.Tests.Proto.Link.Sealing;

/// <summary>How keys are agreed, and that nobody else can have a part in it.</summary>
public sealed class AgreementTests : IDisposable
{
    private static readonly Envelope Invite = new() { Invite = new Invite { ClusterUid = SealPair.Cluster } };
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(1);

    private readonly SealAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_hello_that_is_said_again_makes_the_same_offer_until_it_is_answered()
    {
        var pair = New();
        var offer = pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!;
        Assert.Equal(offer, pair.Agent.Seal(SealPair.Up, SealPair.Hello(7)));

        var first = pair.Server.Answer(offer.Offer, 0)!.Answer;
        var second = pair.Server.Answer(offer.Offer, 0)!.Answer;
        Assert.Equal(first.Key, second.Key);
        Assert.Equal(SealNews.Awaited, Hear(pair, first));
        Assert.Equal(SealNews.Refused, Hear(pair, second));
        Assert.NotNull(pair.ToServer(SealPair.Hello(7)));
        Assert.NotNull(pair.ToServer(SealPair.Hello(7)));
    }

    [Fact]
    public void A_server_of_another_name_or_another_CA_is_not_believed()
    {
        using var other = new SealAuthority();
        Assert.Equal(SealNews.Refused, new SealPair(_authority, serverSubject: "CN=edge-server").Agree(7));
        Assert.Equal(SealNews.Refused, new SealPair(_authority, serverSubject: "CN=system:node:b").Agree(7));
        Assert.Equal(
            SealNews.Refused,
            new SealPair(_authority, serverSubject: $"CN=x,CN={SealIdentity.ServerName}").Agree(7));

        var (mine, theirs) = (New(), new SealPair(other));
        var offer = mine.Agent.Seal(SealPair.Up, SealPair.Hello(7))!;
        Assert.Equal(SealNews.Refused, Hear(mine, theirs.Server.Answer(offer.Offer, 0)!.Answer));
    }

    [Theory]
    [InlineData("O=system:nodes,CN=system:node:b")]
    [InlineData("CN=system:edge-server")]
    [InlineData("CN=system:node:a,CN=system:node:b")]
    public void A_node_cannot_speak_for_another(string subject)
    {
        var pair = new SealPair(_authority, subject);
        Assert.Equal(SealNews.Awaited, pair.Agree(7));
        Assert.Null(pair.ToServer(SealPair.Hello(7)));
        Assert.Null(pair.ToServer(SealPair.Beat(7)));
    }

    [Fact]
    public void A_key_that_is_denied_proves_nothing()
    {
        var denied = "";
        var node = _authority.Sign("CN=system:node:a");
        var server = new SealIdentity(
            _authority.Sign($"CN={SealIdentity.ServerName}"), _authority.Trusted, hash => hash == denied);
        var identity = new SealIdentity(node, _authority.Trusted);
        var (text, name) = (new byte[] { 1 }, "system:node:a");

        Assert.True(server.IsSignedBy(name, identity.Certificate.Span, text, identity.Sign(text)));
        denied = Convert.ToHexStringLower(SHA256.HashData(node.PublicKey.ExportSubjectPublicKeyInfo()));
        Assert.False(server.IsSignedBy(name, identity.Certificate.Span, text, identity.Sign(text)));
    }

    [Fact]
    public void A_node_of_another_cluster_gets_no_further_than_the_answer() =>
        Assert.Equal(SealNews.Refused, new SealPair(_authority, agentCluster: "other").Agree(7));

    [Fact]
    public void An_answer_that_was_changed_is_not_believed()
    {
        var pair = New();
        var offer = pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!;
        var answer = pair.Server.Answer(offer.Offer, 0)!;
        var bytes = answer.Answer.ToByteArray();
        for (var at = 0; at < bytes.Length; at += 3)
        {
            byte[] changed = [.. bytes];
            changed[at] ^= 1;
            try
            {
                Assert.Equal(SealNews.Refused, Hear(pair, Agreement.Parser.ParseFrom(changed)));
            }
            catch (InvalidProtocolBufferException)
            {
            }
        }

        var open = answer.Answer.Clone();
        open.Open = 9;
        Assert.Equal(SealNews.Refused, Hear(pair, open));
        Assert.Equal(SealNews.Awaited, Hear(pair, answer.Answer));
    }

    [Fact]
    public void A_recorded_answer_is_of_no_use_for_another_offer()
    {
        var pair = New();
        var recorded = pair.Server.Answer(pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!.Offer, 0)!;
        pair.Agent.Seal(SealPair.Up, SealPair.Hello(7));
        Assert.Equal(SealNews.Awaited, Hear(pair, recorded.Answer));
        pair.Agent.Seal(SealPair.Up, SealPair.Hello(8));
        Assert.Equal(SealNews.Refused, Hear(pair, recorded.Answer));
    }

    [Fact]
    public void A_recorded_hello_opens_nothing_again()
    {
        var pair = New();
        pair.Agree(7);
        var hello = SealPair.Wire(pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!);
        Assert.NotNull(pair.Server.Open(SealPair.Up, hello));
        Assert.Null(pair.Server.Open(SealPair.Up, hello));
        pair.Opened(8);
        Assert.Null(pair.Server.Open(SealPair.Up, hello));
        Assert.NotNull(pair.ToServer(SealPair.Beat(8)));
    }

    [Fact]
    public void Offers_of_strangers_and_old_ones_change_nothing()
    {
        var pair = New().Opened(7);
        for (var i = 0; i < 100; i++)
        {
            var stranger = new SealPair(_authority, "CN=system:node:b");
            Assert.NotNull(pair.Server.Answer(stranger.Agent.Seal(SealPair.Up, SealPair.Hello(1))!.Offer, 7));
        }

        Assert.NotNull(pair.ToServer(SealPair.Beat(7)));
        Assert.Equal(SealNews.Opened, pair.ToAgent(new Envelope { Session = 7, Ack = new Ack() }).News);
    }

    [Fact]
    public void What_is_not_sealed_is_not_believed_by_either_end()
    {
        var pair = New().Opened(7);
        Envelope[] bare =
        [
            SealPair.Welcome(7), SealPair.Beat(7), SealPair.Hello(8), new() { Session = 7, Deny = new Deny() },
            new() { Session = 7, StreamOpen = new StreamOpen() }, new(), new() { Sealed = new Sealed() },
        ];
        Assert.All(bare, one => Assert.Equal(SealNews.Refused, pair.Agent.Receive(SealPair.Down, one, default).News));
        Assert.All(bare, one => Assert.Null(pair.Server.Open(SealPair.Up, one)));
        Assert.Equal(bare.Length, pair.Agent.Refused);
        Assert.Equal(bare.Length, pair.Server.Refused);
    }

    [Fact]
    public void A_forged_invitation_makes_the_agent_ask_and_the_server_sets_it_right()
    {
        var pair = New().Opened(7);
        Assert.Equal(SealNews.None, pair.Agent.Receive(SealPair.Down, Invite, Later).News);
        Assert.Equal(SealNews.None, pair.Agent.Receive(SealPair.Down, Invite, Later).News);
        var offer = Assert.Single(pair.Asked());

        Assert.Equal(SealNews.Confirmed, Hear(pair, pair.Server.Answer(offer.Offer, 7)!.Answer));
        Assert.NotNull(pair.ToServer(SealPair.Beat(7)));
    }

    [Fact]
    public void An_invitation_that_comes_too_early_after_another_is_followed_later()
    {
        var pair = New().Opened(7);
        pair.Agent.Receive(SealPair.Down, Invite, Later);
        pair.Agent.Receive(SealPair.Down, Invite, Later);
        pair.Asked();

        var due = Assert.NotNull(pair.Agent.Due);
        pair.Agent.Poll(due - TimeSpan.FromTicks(1));
        Assert.Empty(pair.Asked());
        pair.Agent.Poll(due);
        Assert.Single(pair.Asked());
        Assert.Null(pair.Agent.Due);
    }

    [Fact]
    public void An_invitation_of_a_server_that_lost_the_session_leads_to_a_new_one()
    {
        var pair = New().Opened(7);
        pair.Agent.Receive(SealPair.Down, Invite, Later);
        Assert.Equal(
            SealNews.Awaited, Hear(pair, pair.Server.Answer(Assert.Single(pair.Asked()).Offer, 0)!.Answer));
        Assert.NotNull(pair.ToServer(SealPair.Hello(8)));
        Assert.Null(pair.ToServer(SealPair.Beat(7)));
        Assert.NotNull(pair.ToServer(SealPair.Beat(8)));
    }

    [Fact]
    public void An_invitation_that_crosses_the_hello_costs_no_session()
    {
        var pair = New();
        pair.Agree(7);
        pair.Agent.Receive(SealPair.Down, Invite, Later);
        var second = pair.Server.Answer(Assert.Single(pair.Asked()).Offer, 0)!.Answer;

        Assert.NotNull(pair.ToServer(SealPair.Hello(7)));
        Assert.Equal(SealNews.Awaited, Hear(pair, second));
        Assert.NotNull(pair.ToServer(SealPair.Hello(7)));
        Assert.Equal(SealNews.Opened, pair.ToAgent(SealPair.Welcome(7)).News);
    }

    [Fact]
    public void A_hello_that_was_held_back_until_another_came_opens_nothing()
    {
        var pair = New();
        pair.Agree(7);
        var heldBack = pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!;
        pair.Opened(8);

        Assert.Null(pair.Server.Open(SealPair.Up, heldBack));
        Assert.NotNull(pair.ToServer(SealPair.Beat(8)));
    }

    [Fact]
    public void Keys_that_the_server_lost_are_agreed_anew_after_two_hellos()
    {
        var (pair, restarted) = (New(), New());
        pair.Agree(7);
        Assert.Equal(Envelope.BodyOneofCase.Sealed, pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!.BodyCase);
        Assert.Equal(Envelope.BodyOneofCase.Sealed, pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!.BodyCase);
        var offer = pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!;

        Assert.Equal(SealNews.Awaited, Hear(pair, restarted.Server.Answer(offer.Offer, 0)!.Answer));
        var hello = pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!;
        Assert.Equal(7ul, restarted.Server.Open(SealPair.Up, hello)!.Session);
    }

    [Fact]
    public void Offers_that_are_no_point_of_the_curve_are_refused()
    {
        var server = New().Server;
        byte[] full = [.. Enumerable.Repeat((byte)255, 64)];
        Assert.Null(server.Answer(new Agreement(), 0));
        Assert.Null(server.Answer(new Agreement { Key = ByteString.CopyFrom(new byte[64]) }, 0));
        Assert.Null(server.Answer(new Agreement { Key = ByteString.CopyFrom(full) }, 0));
        Assert.Null(server.Answer(new Agreement { Key = ByteString.CopyFrom(new byte[65]) }, 0));
        Assert.Equal(4, server.Refused);
    }

    [Fact]
    public void An_invitation_is_followed_within_its_spread_and_the_earliest_of_several_counts()
    {
        var asked = new List<Envelope>();
        var agent = new AgentSeal(SealPair.Cluster, SealPair.Node, () => null, asked.Add)
        {
            WaitOf = invite => TimeSpan.FromMilliseconds(invite.SpreadMilliseconds),
        };
        Invite(90_000);
        Assert.Equal(TimeSpan.FromSeconds(90), agent.Due);
        Invite(30_000);
        Invite(60_000);
        agent.Poll(TimeSpan.FromSeconds(29));
        Assert.Empty(asked);
        agent.Poll(TimeSpan.FromSeconds(30));
        Assert.Equal(Envelope.BodyOneofCase.Offer, Assert.Single(asked).BodyCase);
        Assert.Null(agent.Due);

        void Invite(uint spread) => agent.Receive(
            SealPair.Down,
            new Envelope { Invite = new Invite { ClusterUid = SealPair.Cluster, SpreadMilliseconds = spread } },
            TimeSpan.Zero);
    }

    [Fact]
    public void A_node_whose_key_cannot_be_read_waits_for_it()
    {
        var pair = New();
        var agent = new AgentSeal(SealPair.Cluster, SealPair.Node, () => null, _ => { });
        var offer = agent.Seal(SealPair.Up, SealPair.Hello(7))!;
        var answer = pair.Server.Answer(offer.Offer, 0)!;
        Assert.Equal(SealNews.Refused, agent.Receive(SealPair.Down, answer, default).News);
    }

    private static SealNews Hear(SealPair pair, Agreement answer) =>
        pair.Agent.Receive(SealPair.Down, new Envelope { Answer = answer }, Later).News;

    private SealPair New() => new(_authority);
}
