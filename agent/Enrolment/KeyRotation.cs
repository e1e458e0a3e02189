using System.Security.Cryptography;
using System.Threading.Channels;
using Edge.Agent.Settings;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Enrolment;

/// <summary>What of the link a change of keys needs to know and do.</summary>
/// <param name="IsOpen">Whether the server answers now.</param>
/// <param name="IsDue">Whether the server, in this session, wants another key.</param>
/// <param name="ConnectAgain">Ends the connection, so that the next pair has its turn.</param>
internal sealed record RotationLink(Func<bool> IsOpen, Func<bool> IsDue, Action ConnectAgain);

/// <summary>
/// Changes the node's key when the server asks for it, while the node is online. Whatever fails here is tried again
/// later: the present pair serves on, and nothing ends the agent.
/// </summary>
internal sealed class KeyRotation(
    AgentSettings settings, NodeIdentity identity, PairChoice pairs, RotationLink link, TimeProvider clock,
    Random random, ILogger logger)
{
    /// <summary>A server that asks without end must not wear the node's flash.</summary>
    internal static readonly TimeSpan RotateEvery = TimeSpan.FromMinutes(10);

    /// <summary>As the kubelet: a request that nobody decided by then is asked again.</summary>
    private static readonly TimeSpan AskMost = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan RetryFirst = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryMax = TimeSpan.FromHours(1);

    /// <summary>After so many sessions that only the present pair could open the next one is given up.</summary>
    private const int FailuresMax = 5;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long? _made;
    private int _failures;

    /// <summary>Something of the link or of what it brings has changed; from any thread.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task Run(CancellationToken cancellation)
    {
        var failures = 0;
        Wake();
        while (true)
        {
            await _wake.Reader.ReadAsync(cancellation);
            try
            {
                await Go(cancellation);
                failures = 0;
            }
            catch (Exception trouble) when (
                trouble is EnrolmentException or IOException or UnauthorizedAccessException or CryptographicException)
            {
                var wait = Backoff(failures++);
                EnrolmentLog.KeyWaits(logger, wait.TotalMinutes, trouble.Message);
                await Task.Delay(wait, clock, cancellation);
                Wake();
            }
        }
    }

    /// <summary>Step by step as far as it goes now.</summary>
    private async Task Go(CancellationToken cancellation)
    {
        while (true)
        {
            switch (KeyPlan.Next(identity.Look(), link.IsDue() && MayMake))
            {
                case KeyStep.MakeKey:
                    _made = clock.GetTimestamp();
                    identity.NextKey().Dispose();
                    break;
                case KeyStep.Ask when link.IsOpen():
                    await Ask(cancellation);
                    break;
                case KeyStep.Prove:
                    if (!await Prove(cancellation))
                    {
                        return;
                    }

                    break;
                case KeyStep.MoveCertificate or KeyStep.MoveKey or KeyStep.DropCertificate:
                    identity.Recover();
                    break;
                case KeyStep.Ask or KeyStep.None:
                    return;
                default:
                    throw new InvalidOperationException("unknown step");
            }
        }
    }

    private bool MayMake => _made is not { } at || clock.GetElapsedTime(at) >= RotateEvery;

    private async Task Ask(CancellationToken cancellation)
    {
        using var key = identity.NextKey();
        using var api = await EnrolmentApi.Open(settings, identity, cancellation);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = clock.CreateTimer(_ => late.Cancel(), null, AskMost, Timeout.InfiniteTimeSpan);
        try
        {
            identity.StoreNext(await new CertificateAsking(api, settings.NodeName, clock).For(key, late.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new EnrolmentException(EnrolmentReason.Unreachable, "nobody decided about the request");
        }
    }

    /// <summary>False when the next session has to be waited for.</summary>
    private async Task<bool> Prove(CancellationToken cancellation)
    {
        if (pairs.IsProved)
        {
            identity.Promote();
            Settle();
            EnrolmentLog.KeyChanged(logger);
            return true;
        }

        if (pairs.Failures >= FailuresMax)
        {
            identity.DropNext();
            Settle();
            EnrolmentLog.KeyGivenUp(logger, FailuresMax);
            return true;
        }

        if (!pairs.IsOffered)
        {
            // In this order: a connection that is under way by the next pair must not be the one that ends.
            link.ConnectAgain();
            pairs.Offer();
        }
        else if (pairs.Failures > _failures)
        {
            // The link may hold for weeks now, by the present pair.
            _failures = pairs.Failures;
            await Task.Delay(RetryFirst, clock, cancellation);
            link.ConnectAgain();
        }

        return false;
    }

    private void Settle()
    {
        _failures = 0;
        pairs.Settle();
    }

    private TimeSpan Backoff(int failures)
    {
        var longest = Math.Min(RetryFirst.Ticks << Math.Min(failures, 6), RetryMax.Ticks);
        return TimeSpan.FromTicks((longest / 2) + random.NextInt64(longest / 2));
    }
}
