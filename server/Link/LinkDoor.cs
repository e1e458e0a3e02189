using Edge.Proto.Link;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// Who is let in: not whom the administrator denied, by name or by key, nor a second device under a name that another
/// one has. Who is let in and has no Node is told to Fleet. Guarded by the gate of <see cref="LinkServer"/>.
/// </summary>
/// <param name="settings">What the server says of itself.</param>
/// <param name="log">Told of two devices with one name.</param>
internal sealed class LinkDoor(SessionSettings settings, ILogger log)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    public void Deny(string node) => _names.Add(node);

    public void Allow(string node) => _names.Remove(node);

    public void DenyKey(string hash) => _keys.Add(hash);

    public void AllowKey(string hash) => _keys.Remove(hash);

    public bool IsDenied(string node) => _names.Contains(node);

    /// <summary>Whether nothing of it counts: not even that something was heard.</summary>
    public bool Refuses(NodeLink link, Envelope envelope, TimeSpan now)
    {
        if (envelope.BodyCase != Envelope.BodyOneofCase.Hello)
        {
            return _keys.Contains(link.Holder.Key);
        }

        var hello = envelope.Hello;
        if (_keys.Contains(NameHolder.KeyOf(hello)))
        {
            return true;
        }

        if (_keys.Contains(link.Holder.Key) || !link.Holder.IsAnother(hello, now, link.SilenceMost))
        {
            return false;
        }

        LinkLog.NameIsHeld(log, link.Name, NameHolder.KeyOf(hello), link.Holder.Key);
        link.Packets.Send(Topics.Down(link.Name), new Envelope
        {
            Session = envelope.Session,
            Deny = new Deny { Reason = DenyReason.Denied, Message = "another device with this name is connected" },
        });
        return true;
    }

    /// <summary>
    /// A word of a device that has no Node: what Fleet is to be told when it was a hello; anything else is answered by
    /// an invitation to say it.
    /// </summary>
    public LinkEvent? Knock(NodeLink link, Envelope envelope, TimeSpan now)
    {
        if (envelope.BodyCase != Envelope.BodyOneofCase.Hello)
        {
            link.Session.Invite(now);
            return null;
        }

        var hello = envelope.Hello;
        return hello.ClusterUid == settings.ClusterUid && !_keys.Contains(NameHolder.KeyOf(hello))
            ? new LinkEvent.Stranger(link.Name, NameHolder.KeyOf(hello))
            : null;
    }
}
