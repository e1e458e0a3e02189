using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Proto.Sync;

/// <summary>What both ends say of themselves, and the numbers of a session.</summary>
public sealed record SessionSettings
{
    /// <summary>The protocol this build speaks; fields are only added, so one number lasts long.</summary>
    public const uint Protocol = 1;

    /// <summary>
    /// A heartbeat unanswered for so long means that the server does not hear: a new session is opened.
    /// </summary>
    public static readonly TimeSpan AnswerWait = TimeSpan.FromSeconds(60);

    /// <summary>Hello is said again after this at first; a server that restarts invites before.</summary>
    public static readonly TimeSpan HelloLeast = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan HelloMost = TimeSpan.FromSeconds(300);

    /// <summary>At most one invitation a node in this time, whatever arrives from it.</summary>
    public static readonly TimeSpan InviteEvery = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Of an idle link, so many heartbeats in a row need no answer: an answer and its acknowledgement cost more than
    /// the heartbeat. The server knows that the node is there by every one of them, and the transport tells the node of
    /// a connection that is lost; the answer tells it of a server that is.
    /// </summary>
    public const int QuietMost = 3;

    public required string ClusterUid { get; init; }

    /// <summary>Of a server: how widely its nodes are to spread what they would else do at once.</summary>
    public Func<Spread> Spread { get; init; } = () => default;

    /// <summary>Of a server: names where the cluster's broker is (BrokerPrint); 0 where that is not said.</summary>
    public ulong Broker { get; init; }

    /// <summary>Version of the program, for people.</summary>
    public string Version { get; init; } = "";

    public string BootId { get; init; } = "";

    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>What an agent says first.</summary>
    /// <param name="desired">Where its reader of desired stands.</param>
    /// <param name="reported">Where its writer of reported stands.</param>
    /// <param name="key">The hash of the key that it shows.</param>
    internal Hello Greeting(Standing desired, Standing reported, ReadOnlyMemory<byte> key) => new()
    {
        ClusterUid = ClusterUid,
        ProtocolMin = Protocol,
        ProtocolMax = Protocol,
        Desired = desired.ToMessage(),
        Reported = reported.ToMessage(),
        AgentVersion = Version,
        BootId = BootId,
        KeepAliveSeconds = (uint)Math.Ceiling(KeepAlive.TotalSeconds),
        Key = ByteString.CopyFrom(key.Span),
    };
}
