using System.Threading.Channels;
using Edge.Proto.Link;

namespace Edge.Agent.Link;

/// <summary>
/// The streams that the server has open here; they end with their session. Not thread-safe: the link locks.
/// </summary>
/// <param name="send">Sends on a stream, in the session that it was opened in; null for the present one.</param>
internal sealed class LinkStreams(Action<string, Envelope, ulong?> send)
{
    private readonly StreamTable _table = new();
    private readonly Channel<StreamOpened> _opened = Channel.CreateBounded<StreamOpened>(StreamTable.StreamsMax);

    public ChannelReader<StreamOpened> Opened => _opened.Reader;

    public void Receive(string id, Envelope envelope)
    {
        if (_table.Find(id) is { } stream)
        {
            stream.Receive(envelope);
        }
        else if (envelope.BodyCase == Envelope.BodyOneofCase.StreamOpen)
        {
            Open(id, envelope.StreamOpen, envelope.Session);
        }
        else if (envelope.BodyCase != Envelope.BodyOneofCase.StreamEnd)
        {
            send(id, new Envelope { StreamEnd = new StreamEnd { Error = "no such stream" } }, null);
        }
    }

    public void Abort(string reason) => _table.Abort(reason);

    private void Open(string id, StreamOpen open, ulong session)
    {
        var stream = new LinkStream(envelope => send(id, envelope, session), open.Credit);
        var opened = new StreamOpened(new StreamRequest(open.Kind, open.Payload.Memory), stream);
        if (_table.IsFull || !_opened.Writer.TryWrite(opened))
        {
            stream.End("too many streams");
            return;
        }

        _table.Add(id, stream);
        stream.GrantFirst();
    }
}
