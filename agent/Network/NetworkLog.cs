using Microsoft.Extensions.Logging;

namespace Edge.Agent.Network;

/// <summary>What the sandboxes write to the log; event ids 2500 to 2599.</summary>
internal static partial class NetworkLog
{
    [LoggerMessage(2500, LogLevel.Information, "Sandbox {Uid} of pod {Namespace}/{Name} made, address {PodIp}")]
    public static partial void SandboxMade(ILogger logger, string uid, string @namespace, string name, string? podIp);

    [LoggerMessage(2501, LogLevel.Debug, "Sandbox {Uid} adopted, address {PodIp}")]
    public static partial void SandboxAdopted(ILogger logger, string uid, string? podIp);

    [LoggerMessage(2502, LogLevel.Information, "Sandbox {Uid} removed")]
    public static partial void SandboxRemoved(ILogger logger, string uid);

    [LoggerMessage(2503, LogLevel.Warning, "Sandbox {Uid} not made: {Reason}: {Message}")]
    public static partial void SandboxFailed(ILogger logger, string uid, NetworkReason reason, string message);

    [LoggerMessage(2504, LogLevel.Warning, "Sandbox {Uid} had lost its network and is attached anew: {Message}")]
    public static partial void NetworkRepaired(ILogger logger, string uid, string message);

    [LoggerMessage(2505, LogLevel.Warning, "Sandbox {Uid} was not undone and is tried again later: {Message}")]
    public static partial void UndoFailed(ILogger logger, string uid, string message);

    [LoggerMessage(2506, LogLevel.Warning, "Sandbox {Uid} does not get its former address {Ip}: {Message}")]
    public static partial void AddressLost(ILogger logger, string uid, string ip, string message);

    [LoggerMessage(2507, LogLevel.Warning, "The node's table could not be written and is tried again: {Message}")]
    public static partial void TableNotWritten(ILogger logger, string message);
}
