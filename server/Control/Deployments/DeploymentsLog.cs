using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Deployments;

internal static partial class DeploymentsLog
{
    [LoggerMessage(1520, LogLevel.Information, "Deployment {Deployment}: {Step}")]
    public static partial void Steps(this ILogger log, string deployment, DeploymentStep step);
}
