using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;

namespace Edge.Tests.Support;

/// <summary>The seals of one node and of its server, and the packets between them as the wire has them.</summary>
public sealed class SealPair
{
    public const string Cluster = "cluster";
    public const string Node = "a";

    private readonly List<Envelope> _asked = [];

    public SealPair(
        SealAuthority authority, string? nodeSubject = null, string? serverSubject = null,
        string agentCluster = Cluster)
    {
        var node = new SealIdentity(
            authority.Sign(nodeSubject ?? $"O=system:nodes,CN={Topics.UserPrefix}{Node}"), authority.Trusted);
        var server = new SealIdentity(
            authority.Sign(serverSubject ?? $"CN={SealIdentity.ServerName}"), authority.Trusted);
        Agent = new AgentSeal(agentCluster, Node, () => node, packet => _asked.Add(Wire(packet)));
        Server = new ServerSeal(Cluster, Node, server);
    }

    public static string Up { get; } = Topics.Up(Node);

    public static string Down { get; } = Topics.Down(Node);

    public AgentSeal Agent { get; }

    public ServerSeal Server { get; }

    /// <summary>What the agent sent by itself since the last call.</summary>
    public List<Envelope> Asked()
    {
        List<Envelope> asked = [.. _asked];
        _asked.Clear();
        return asked;
    }

    public static Envelope Hello(ulong session) =>
        new() { Session = session, Hello = new Hello { ClusterUid = Cluster } };

    public static Envelope Beat(ulong session, ulong number = 1) =>
        new() { Session = session, Heartbeat = new Heartbeat { Number = number } };

    public static Envelope Welcome(ulong session) =>
        new() { Session = session, Welcome = new Welcome { ClusterUid = Cluster } };

    /// <summary>Through the encoding, as every packet goes.</summary>
    public static Envelope Wire(Envelope packet) => Packet.Decode(Packet.Encode(packet))!;

    /// <summary>Agent to server; null when it was not sent, or did not open.</summary>
    public Envelope? ToServer(Envelope envelope) =>
        Agent.Seal(Up, envelope) is { } packet ? Server.Open(Up, Wire(packet)) : null;

    /// <summary>Server to agent.</summary>
    public (SealNews News, Envelope? Message) ToAgent(Envelope envelope) =>
        Agent.Receive(Down, Wire(Server.Seal(Down, envelope)!), TimeSpan.Zero);

    /// <summary>Offer and answer; the agent may say its hello then.</summary>
    public SealNews Agree(ulong session, ulong open = 0)
    {
        var offer = Wire(Agent.Seal(Up, Hello(session))!);
        return Agent.Receive(Down, Wire(Server.Answer(offer.Offer, open)!), TimeSpan.Zero).News;
    }

    /// <summary>Offer, answer, hello, welcome.</summary>
    public SealPair Opened(ulong session)
    {
        if (Agree(session) != SealNews.Awaited || ToServer(Hello(session)) is null
            || ToAgent(Welcome(session)).News != SealNews.Opened)
        {
            throw new InvalidOperationException("the session does not open");
        }

        return this;
    }
}
