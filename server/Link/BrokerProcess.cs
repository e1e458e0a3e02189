using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// mosquitto as a process of its own: it is started when it is not there, adopted when it is, and it stays when
/// edge-server ends, so that a restart or upgrade of edge-server cuts no session.
/// </summary>
internal sealed class BrokerProcess(BrokerSettings settings, TimeProvider clock, ILogger<BrokerProcess> log)
{
    /// <summary>Keeps the broker running until cancelled; leaves it running then.</summary>
    public Task Run(CancellationToken cancel) => throw new NotImplementedException($"{settings}{clock}{log}");

    /// <summary>Refuses these nodes from now on, and only these; live connections lose their rights at once.</summary>
    public void SetDenied(IReadOnlyCollection<string> nodes) => throw new NotImplementedException();

    /// <summary>Makes the broker read its certificate and revocation list again.</summary>
    public void Reload() => throw new NotImplementedException();

    /// <summary>Ends the broker; for uninstalling and tests.</summary>
    public Task Stop(CancellationToken cancel) => throw new NotImplementedException();
}
