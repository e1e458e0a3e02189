using Microsoft.Extensions.Logging;

namespace Edge.Server.Api;

/// <summary>Log messages of the API server.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1500, LogLevel.Information, "API listens on {Address}")]
    public static partial void Listening(this ILogger log, string address);

    [LoggerMessage(1501, LogLevel.Error, "Request {Method} {Path} failed")]
    public static partial void RequestFailed(this ILogger log, Exception fault, string method, string path);

    [LoggerMessage(1502, LogLevel.Debug, "{User} {Method} {Path}: {Code}")]
    public static partial void Answered(this ILogger log, string user, string method, string path, int code);
}
