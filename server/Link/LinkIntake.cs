using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// What a packet of one node means: for its session, its streams, its presence, and for Fleet. Does no I/O. Guarded by
/// the gate of <see cref="LinkServer"/>.
/// </summary>
/// <param name="door">Who is let in.</param>
/// <param name="isSealed">The broker is not ours: presence may be anybody's.</param>
/// <param name="now">Since the link's clock started.</param>
/// <param name="clock">Tells the time.</param>
/// <param name="log">Sessions and why nodes are gone.</param>
internal sealed class LinkIntake(LinkDoor door, bool isSealed, Func<TimeSpan> now, TimeProvider clock, ILogger log)
{
    private readonly List<LinkEvent> _pending = [];

    /// <summary>To Fleet, at its next look.</summary>
    public void Tell(LinkEvent happened) => _pending.Add(happened);

    /// <summary>What Fleet is to be told since the last call.</summary>
    public LinkEvent[] TakePending()
    {
        LinkEvent[] events = [.. _pending];
        _pending.Clear();
        return events;
    }

    public void InviteUnlessWithheld(NodeLink link)
    {
        if (link is { Known: true, Withheld.Count: 0, Session.IsOpen: false } && !door.IsDenied(link.Name))
        {
            link.Session.Invite(now());
        }
    }

    public void Receive(NodeLink link, TopicParts topic, MqttMessage message)
    {
        if (topic.Kind == TopicKind.Presence)
        {
            OnPresence(link, message.Payload);
        }
        else if (Packet.Decode(message.Payload.Span) is { } packet)
        {
            if (packet.BodyCase == Envelope.BodyOneofCase.Offer)
            {
                OnOffer(link, packet.Offer);
            }
            else if (link.Packets.Open(message.Topic, packet) is { } envelope)
            {
                OnEnvelope(link, topic, envelope);
            }
            else if (!link.Session.IsOpen && packet.BodyCase == Envelope.BodyOneofCase.Sealed
                && link.Withheld.Count == 0)
            {
                link.Session.Invite(now());
            }
        }
    }

    /// <summary>Anybody may offer: nothing is heard of the node by it.</summary>
    private static void OnOffer(NodeLink link, Agreement offer)
    {
        if (link.Withheld.Count == 0)
        {
            link.Packets.Answer(offer, link.Session.Session);
        }
    }

    private void OnEnvelope(NodeLink link, TopicParts topic, Envelope envelope)
    {
        if (!link.Known)
        {
            if (door.Knock(link, envelope, now()) is { } stranger)
            {
                Tell(stranger);
            }

            return;
        }

        if (door.Refuses(link, envelope, now()))
        {
            return;
        }

        (link.LastHeard, link.HasSpoken) = (now(), true);
        link.Doubt.End();
        if (link.Withheld.Count > 0)
        {
            return;
        }

        if (topic.Kind == TopicKind.Messages)
        {
            OnMessage(link, envelope);
        }
        else if (link.Session.IsOpen && envelope.Session == link.Session.Session)
        {
            link.Streams.Find(topic.Stream)?.Receive(envelope);
        }
    }

    private void OnPresence(NodeLink link, ReadOnlyMemory<byte> payload)
    {
        if (PresenceMessage.Read(payload.Span) is not { } presence)
        {
            return;
        }

        if (presence.Online)
        {
            link.Incarnation = presence.Incarnation;
            if (link.Known)
            {
                InviteUnlessWithheld(link);
            }
            else if (!isSealed)
            {
                link.Session.Invite(now());
            }
        }
        else if (isSealed)
        {
            // Anybody may have written it.
            if (link.Session.IsOpen && link.Doubt.Begin(now()))
            {
                link.Session.Invite(now());
            }
        }
        else if (presence.Incarnation == link.Incarnation)
        {
            Gone(link, "its broker connection ended");
        }
    }

    private void OnMessage(NodeLink link, Envelope envelope)
    {
        var news = link.Session.Receive(envelope, now());
        if (link.Session.IsOpen && envelope.Session == link.Session.Session)
        {
            link.Holder.Heard(now());
        }

        switch (news)
        {
            case SessionNews.Opened:
                link.NewSession(envelope.Hello, now());
                link.Told = true;
                var (desired, reported) = SessionAgreement.Of(envelope.Hello, link.Session);
                LinkLog.SessionOpened(log, link.Name, link.Session.Session, desired, reported);
                Tell(new LinkEvent.Connected(link.Name, envelope.Hello));
                Tell(new LinkEvent.Heard(link.Name, clock.GetUtcNow()));
                break;
            case SessionNews.Heard:
                link.Reach(envelope, now());
                Tell(new LinkEvent.Heard(link.Name, clock.GetUtcNow()));
                break;
            case SessionNews.Passed when envelope.BodyCase == Envelope.BodyOneofCase.Lane:
                OnLane(link, envelope.Lane);
                break;
            case SessionNews.Passed when envelope.BodyCase == Envelope.BodyOneofCase.LaneBatch:
                foreach (var message in envelope.LaneBatch.Messages)
                {
                    OnLane(link, message);
                }

                break;
            case SessionNews.Passed:
            case SessionNews.None:
                break;
        }
    }

    private void OnLane(NodeLink link, LaneMessage lane)
    {
        if (link.LaneGap(lane) is { } lost)
        {
            Tell(new LinkEvent.Lane(link.Name, lane.Kind, lane.Payload.Memory, lost));
        }
    }

    public void Gone(NodeLink link, string reason)
    {
        link.Session.Close();
        link.Doubt.End();
        link.Streams.Abort(reason);
        if (link.Told)
        {
            link.Told = false;
            LinkLog.NodeGone(log, link.Name, reason);
            Tell(new LinkEvent.Disconnected(link.Name, clock.GetUtcNow() - (now() - link.LastHeard)));
        }
    }
}
