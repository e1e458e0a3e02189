using System.Security.Cryptography;
using System.Threading.Channels;
using Edge.Agent.Settings;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Enrolment;

/// <summary>What of the link a change of brokers needs to know and do.</summary>
/// <param name="IsOpen">Whether the server answers now.</param>
/// <param name="ConnectAgain">Ends the connection, so that the next broker has its turn.</param>
internal sealed record MoveLink(Func<bool> IsOpen, Action ConnectAgain);

/// <summary>
/// Follows the cluster to another broker: told by a welcome, or, of a device that was away meanwhile, by the API, which
/// it asks with its certificate when no broker leads to the server for long. The present broker is kept until the next
/// one has proved itself.
/// </summary>
internal sealed class BrokerMove(
    AgentSettings settings, NodeIdentity identity, MoveLink link, TimeProvider clock, Random random, ILogger logger)
{
    /// <summary>
    /// Without a session for so long the broker may be another one: a restart of the server is long over. A question
    /// costs some 5 KiB, and without a link nothing but the attempt.
    /// </summary>
    internal static readonly TimeSpan AskAfter = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Between two questions at most: a device is back within it, and a month of outage costs a few MB.
    /// </summary>
    internal static readonly TimeSpan AskMost = TimeSpan.FromHours(1);

    private readonly Channel<(ulong Dialled, ulong Named)> _opened =
        Channel.CreateBounded<(ulong Dialled, ulong Named)>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private ulong _tried;

    /// <summary>The server answered a session; from any thread.</summary>
    /// <param name="dialled">The print of the broker that led there.</param>
    /// <param name="named">The one that the welcome names.</param>
    public void Opened(ulong dialled, ulong named) => _opened.Writer.TryWrite((dialled, named));

    public async Task Run(CancellationToken cancellation)
    {
        var failures = 0;
        while (true)
        {
            try
            {
                if (await Wait(failures, cancellation) is var (dialled, named))
                {
                    failures = 0;
                    await Follow(dialled, named, cancellation);
                }
                else if (!link.IsOpen())
                {
                    failures++;
                    await Ask(cancellation);
                }
                else
                {
                    failures = 0;
                }
            }
            catch (Exception trouble) when (
                trouble is EnrolmentException or IOException or UnauthorizedAccessException or CryptographicException)
            {
                EnrolmentLog.BrokerUnknown(logger, trouble.Message);
            }
        }
    }

    /// <summary>The next session that opens, or null when the time is over in which one should have.</summary>
    private async Task<(ulong Dialled, ulong Named)?> Wait(int failures, CancellationToken cancellation)
    {
        var longest = Math.Min(AskAfter.Ticks << Math.Min(failures, 6), AskMost.Ticks);
        // Spread, so that a fleet whose broker is down does not ask as one.
        using var late = new CancellationTokenSource(
            TimeSpan.FromTicks(longest + random.NextInt64(longest / 2)), clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await _opened.Reader.ReadAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task Follow(ulong dialled, ulong named, CancellationToken cancellation)
    {
        var next = identity.NextBroker?.Address;
        switch (BrokerPlan.Opened(identity.Broker.Print, next?.Print ?? 0, dialled, named))
        {
            case BrokerStep.Promote:
                identity.PromoteBroker();
                EnrolmentLog.BrokerChanged(logger, next!.Url);
                break;
            case BrokerStep.DropNext:
                identity.DropNextBroker();
                break;
            case BrokerStep.TryNext:
                TryNext(named);
                break;
            case BrokerStep.Ask:
                await Ask(cancellation);
                break;
            case BrokerStep.None:
                break;
        }
    }

    private async Task Ask(CancellationToken cancellation)
    {
        using var api = await EnrolmentApi.Open(settings, identity, cancellation);
        var cluster = await api.Cluster(cancellation);
        if (cluster.Data?.GetValueOrDefault("cluster-uid") != identity.ClusterUid
            || BrokerAddress.Of(cluster) is not { } told)
        {
            throw new EnrolmentException(EnrolmentReason.Refused, "another cluster answers");
        }

        if (told.Print == identity.Broker.Print)
        {
            identity.DropNextBroker();
        }
        else if (told.Print != identity.NextBroker?.Address.Print)
        {
            identity.StoreNextBroker(told);
            EnrolmentLog.BrokerLearned(logger, told.Url);
            TryNext(told.Print);
        }
    }

    /// <summary>Once for each: one that does not answer must not end session after session.</summary>
    private void TryNext(ulong next)
    {
        if (_tried != next)
        {
            _tried = next;
            link.ConnectAgain();
        }
    }
}
