using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Certificates;

internal static partial class CertificatesLog
{
    [LoggerMessage(1310, LogLevel.Information, "Node {Node} got a certificate for key {KeyHash}")]
    public static partial void Signed(this ILogger log, string node, string keyHash);

    [LoggerMessage(1312, LogLevel.Information, "User {User} got a certificate that ends at {Until}")]
    public static partial void SignedClient(this ILogger log, string user, DateTimeOffset until);

    [LoggerMessage(1311, LogLevel.Warning, "Certificate request {Request} was denied: {Reason}: {Message}")]
    public static partial void Denied(this ILogger log, string request, string reason, string message);

    [LoggerMessage(1313, LogLevel.Information, "Node {Node} has had its key long enough and is to make another")]
    public static partial void KeyIsDue(this ILogger log, string node);

    [LoggerMessage(
        1314, LogLevel.Warning, "Another device enrolled as node {Node}, as allowed; the key {KeyHash} is denied")]
    public static partial void Replaced(this ILogger log, string node, string keyHash);
}
