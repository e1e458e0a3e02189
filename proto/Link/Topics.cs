namespace Edge.Proto.Link;

/// <summary>The topics of the link, built from bare node names. The broker's ACL allows a node only its own.</summary>
public static class Topics
{
    /// <summary>
    /// The common name of a node's certificate is this and the node's name; the broker uses it as user.
    /// </summary>
    public const string UserPrefix = "system:node:";

    public const string AllUp = Root + "+/up";

    public const string AllStreamsUp = Root + "+/stream/+/up";

    public const string AllPresence = Root + "+/presence";

    private const string Root = "edge/v1/";

    public static string Down(string node) => Root + UserPrefix + node + "/down";

    public static string Up(string node) => Root + UserPrefix + node + "/up";

    public static string Presence(string node) => Root + UserPrefix + node + "/presence";

    public static string StreamDown(string node, string id) => Root + UserPrefix + node + "/stream/" + id + "/down";

    public static string StreamUp(string node, string id) => Root + UserPrefix + node + "/stream/" + id + "/up";

    /// <summary>What a node subscribes to for all its streams.</summary>
    public static string StreamsDown(string node) => StreamDown(node, "+");

    /// <summary>The parts of a topic, or null when it is none of these.</summary>
    public static TopicParts? Parse(string topic)
    {
        if (!topic.StartsWith(Root + UserPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = topic[(Root.Length + UserPrefix.Length)..].Split('/');
        return parts switch
        {
            [{ Length: > 0 } node, "up" or "down"] => new TopicParts(node, TopicKind.Messages, ""),
            [{ Length: > 0 } node, "presence"] => new TopicParts(node, TopicKind.Presence, ""),
            [{ Length: > 0 } node, "stream", { Length: > 0 } id, "up" or "down"] =>
                new TopicParts(node, TopicKind.Stream, id),
            _ => null,
        };
    }
}

/// <summary>What a topic carries.</summary>
public enum TopicKind
{
    Messages,
    Presence,
    Stream,
}

/// <summary>A topic taken apart; the stream's id is empty for the other kinds.</summary>
public sealed record TopicParts(string Node, TopicKind Kind, string Stream);
