namespace Edge.Proto.Link;

/// <summary>The topics of the link, built from bare node names. The broker's ACL allows a node only its own.</summary>
public static class Topics
{
    /// <summary>The common name of a node's certificate is this and the node's name; the broker uses it as user.</summary>
    public const string UserPrefix = "system:node:";

    private const string Root = "edge/v1/";

    public const string AllUp = Root + "+/up";

    public const string AllStreamsUp = Root + "+/stream/+/up";

    public const string AllPresence = Root + "+/presence";

    public static string Down(string node) => Root + UserPrefix + node + "/down";

    public static string Up(string node) => Root + UserPrefix + node + "/up";

    public static string Presence(string node) => Root + UserPrefix + node + "/presence";

    public static string StreamDown(string node, string id) => Root + UserPrefix + node + "/stream/" + id + "/down";

    public static string StreamUp(string node, string id) => Root + UserPrefix + node + "/stream/" + id + "/up";

    /// <summary>What a node subscribes to for all its streams.</summary>
    public static string StreamsDown(string node) => StreamDown(node, "+");
}
