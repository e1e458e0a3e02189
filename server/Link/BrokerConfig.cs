using System.Text;
using Edge.Proto.Link;

namespace Edge.Server.Link;

/// <summary>The text of mosquitto's configuration and of its access list. Pure.</summary>
internal static class BrokerConfig
{
    /// <summary>As the packet limit of the link, with room for topic and properties.</summary>
    private const int MessageBytesMax = 72 * 1024;

    /// <summary>
    /// What waits for one client, beyond which messages are dropped: one word of each of ten thousand nodes that come
    /// back at once, for the server. Of what waits for a node the server itself keeps the bytes down, by windows.
    /// </summary>
    private const int QueuedMessagesMax = 10_000;

    private const int QueuedBytesMax = 8 * 1024 * 1024;

    public static string Text(BrokerSettings settings, string user)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line("# Written by edge-server at every start.");
        Line("per_listener_settings true");
        Line($"user {user}");
        Line($"pid_file {settings.PidFile}");
        Line($"log_dest file {settings.LogFile}");
        Line("log_type error");
        Line("log_type warning");
        Line("connection_messages false");
        Line("persistence false");
        Line("sys_interval 0");
        Line($"message_size_limit {MessageBytesMax}");
        Line($"max_queued_messages {QueuedMessagesMax}");
        Line($"max_queued_bytes {QueuedBytesMax}");
        Line("set_tcp_nodelay true");
        Line("");
        Line($"listener 0 {settings.SocketPath}");
        Line("allow_anonymous true");
        Line("");
        Line($"listener {settings.Port}{(settings.BindAddress is { } bind ? " " + bind : "")}");
        Line($"cafile {settings.NodeCaFile}");
        Line($"certfile {settings.CertFile}");
        Line($"keyfile {settings.KeyFile}");
        if (settings.CrlFile is { } crl)
        {
            Line($"crlfile {crl}");
        }

        Line("require_certificate true");
        Line("use_identity_as_username true");
        Line("use_username_as_clientid true");
        Line("allow_anonymous false");
        Line($"acl_file {settings.AclFile}");
        return text.ToString();
    }

    /// <summary>A denied user's own lines come before the patterns; the first match decides.</summary>
    public static string Acl(IEnumerable<string> denied)
    {
        var text = new StringBuilder();
        foreach (var node in denied.Order(StringComparer.Ordinal))
        {
            text.Append("user ").Append(Topics.UserPrefix).Append(node).Append("\ntopic deny #\n\n");
        }

        text.Append("pattern write edge/v1/%u/up\n");
        text.Append("pattern write edge/v1/%u/presence\n");
        text.Append("pattern write edge/v1/%u/stream/+/up\n");
        text.Append("pattern read edge/v1/%u/down\n");
        text.Append("pattern read edge/v1/%u/stream/+/down\n");
        return text.ToString();
    }
}
