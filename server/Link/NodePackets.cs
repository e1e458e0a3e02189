using System.Numerics;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// What travels to and from one node: as it is with our own broker, sealed end to end with any other.
/// <see cref="Send"/> is safe from any thread.
/// </summary>
internal sealed class NodePackets(string node, ServerSeal? seal, Action<string, Envelope> send, ILogger log)
{
    /// <summary>What is of a session that ended is dropped.</summary>
    public void Send(string topic, Envelope envelope)
    {
        // Who is invited has no keys.
        if (seal is null || envelope.BodyCase == Envelope.BodyOneofCase.Invite)
        {
            send(topic, envelope);
        }
        else if (seal.Seal(topic, envelope) is { } packet)
        {
            send(topic, packet);
        }
    }

    /// <summary>What the node itself said; null when nobody knows who did, and it counts for nothing.</summary>
    public Envelope? Open(string topic, Envelope packet)
    {
        if (seal is null)
        {
            return packet;
        }

        var envelope = seal.Open(topic, packet);
        if (envelope is null)
        {
            LogRefused(seal);
        }

        return envelope;
    }

    /// <summary>To somebody who offers keys in the node's name.</summary>
    public void Answer(Agreement offer, ulong open)
    {
        if (seal?.Answer(offer, open) is { } answer)
        {
            send(Topics.Down(node), answer);
        }
        else if (seal is not null)
        {
            LogRefused(seal);
        }
    }

    /// <summary>The more there are, the seldomer it is said.</summary>
    private void LogRefused(ServerSeal dropped)
    {
        if (BitOperations.IsPow2(dropped.Refused))
        {
            LinkLog.NotOpened(log, node, dropped.Refused);
        }
    }
}
