using Edge.Agent.Settings;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Enrolment;

/// <summary>
/// Turns a bootstrap token into a node certificate. Trouble on the way is tried again for ever; a refusal ends it at
/// once.
/// </summary>
internal sealed class Enrolling(
    AgentSettings settings, NodeIdentity identity, TimeProvider clock, Random random, ILogger logger)
{
    private static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(1);

    /// <summary>A site whose link comes back is enrolled within this time.</summary>
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);

    /// <exception cref="EnrolmentException">Refused for good.</exception>
    public async Task Run(CancellationToken cancellation)
    {
        if (settings.IsAlone && !identity.IsEnrolled)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation);
        }

        var failures = 0;
        while (!identity.IsEnrolled)
        {
            try
            {
                await Try(cancellation);
                EnrolmentLog.Enrolled(logger, settings.NodeName, identity.ClusterUid);
            }
            catch (EnrolmentException passing) when (passing.Reason == EnrolmentReason.Unreachable)
            {
                var wait = Backoff(failures++);
                EnrolmentLog.TriesAgain(logger, wait.TotalSeconds, passing.Message);
                await Task.Delay(wait, clock, cancellation);
            }
        }
    }

    private async Task Try(CancellationToken cancellation)
    {
        var server = settings.Server!;
        var trust = await PinnedAuthority.TrustOf(settings, server, cancellation);
        var token = settings.Token ?? (await File.ReadAllTextAsync(settings.TokenFile!, cancellation)).Trim();
        using var key = identity.Key();
        using var api = new EnrolmentApi(server, token, trust);
        var cluster = await api.Cluster(cancellation);
        var certificate = await new CertificateAsking(api, settings.NodeName, clock).For(key, cancellation);
        var broker = BrokerAddress.Of(cluster) ?? throw Untold("broker");
        identity.Store(new Enrolled(
            Of(cluster, "cluster-uid"), broker, Of(cluster, "node-ca.crt"), server, trust.Pem, certificate));
    }

    private static string Of(ConfigMap cluster, string key) =>
        cluster.Data?.GetValueOrDefault(key) ?? throw Untold(key);

    private static EnrolmentException Untold(string key) =>
        new(EnrolmentReason.Unreachable, $"the cluster does not tell its {key}");

    /// <summary>Jittered, so that a site's devices do not come back as one.</summary>
    private TimeSpan Backoff(int failures)
    {
        var longest = Math.Min(RetryFirst.Ticks << Math.Min(failures, 6), RetryMax.Ticks);
        return TimeSpan.FromTicks((longest / 2) + random.NextInt64(longest / 2));
    }
}
