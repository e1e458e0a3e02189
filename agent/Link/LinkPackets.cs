using System.Numerics;
using System.Security.Cryptography;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Link;

/// <summary>
/// What travels to and from the server: as it is with the cluster's own broker, sealed end to end with any other.
/// </summary>
internal sealed class LinkPackets
{
    private readonly LinkSettings _settings;
    private readonly Func<LinkTls?> _shown;
    private readonly Func<string, byte[], bool> _publish;
    private readonly ILogger _log;
    private readonly AgentSeal _seal;

    /// <param name="settings">Says whether messages are sealed.</param>
    /// <param name="shown">
    /// What the present connection was made with: a node may be changing its key, or its broker.
    /// </param>
    /// <param name="publish">Sends to a topic; false when nothing can be sent now.</param>
    /// <param name="random">Draws when an invitation is followed.</param>
    /// <param name="log">For what does not open.</param>
    public LinkPackets(
        LinkSettings settings, Func<LinkTls?> shown, Func<string, byte[], bool> publish, Random random, ILogger log)
    {
        (_settings, _shown, _publish, _log) = (settings, shown, publish, log);
        var up = Topics.Up(settings.NodeName);
        _seal = new AgentSeal(settings.ClusterUid, settings.NodeName, Identity, packet => Publish(up, packet, packet))
        {
            WaitOf = invite => Spread.Bounded(invite.SpreadMilliseconds) * random.NextDouble(),
        };
    }

    private bool IsSealed => (_shown()?.Broker ?? _settings.Broker).IsSealed;

    /// <summary>What went over the link in this process.</summary>
    public LinkTraffic Traffic { get; } = new();

    public TimeSpan? Due => IsSealed ? _seal.Due : null;

    public void Poll(TimeSpan now)
    {
        if (IsSealed)
        {
            _seal.Poll(now);
        }
    }

    /// <summary>What is of a session that ended is dropped.</summary>
    public void Send(string topic, Envelope envelope)
    {
        if ((IsSealed ? _seal.Seal(topic, envelope) : envelope) is { } packet)
        {
            Publish(topic, packet, envelope);
        }
    }

    /// <summary>The message as the session may believe it, where there is one.</summary>
    public (SealNews News, Envelope? Message) Receive(string topic, Envelope packet, TimeSpan now)
    {
        if (!IsSealed)
        {
            return (SealNews.Opened, packet);
        }

        var received = _seal.Receive(topic, packet, now);
        if (received.News == SealNews.Refused && BitOperations.IsPow2(_seal.Refused))
        {
            LinkLog.NotOpened(_log, _seal.Refused);
        }

        return received;
    }

    private void Publish(string topic, Envelope packet, Envelope message)
    {
        var bytes = Packet.Encode(packet);
        if (_publish(topic, bytes))
        {
            Traffic.Sent(message, bytes.Length);
        }
    }

    /// <summary>The key may be changing at this moment: then the next agreement finds it.</summary>
    private SealIdentity? Identity()
    {
        try
        {
            return _shown() is { CertFile: { } cert, KeyFile: { } key }
                ? SealIdentity.Read(cert, key, _settings.CaFile)
                : null;
        }
        catch (Exception unusable) when (unusable is CryptographicException or IOException)
        {
            LinkLog.IdentityUnusable(_log, unusable.Message);
            return null;
        }
    }
}
