using System.Threading.Channels;
using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Tests.Support;

/// <summary>Both ends of a link stream with a link between them that keeps order and loses nothing.</summary>
public sealed class StreamPair : IAsyncDisposable
{
    private readonly Channel<(LinkStream To, Envelope Envelope)> _link =
        Channel.CreateUnbounded<(LinkStream, Envelope)>();

    private readonly Task _carrying;

    public StreamPair()
    {
        Server = new LinkStream(envelope => Send(Agent!, envelope), credit: 0);
        Agent = new LinkStream(envelope => Send(Server, envelope), LinkStream.WindowBytes);
        Agent.GrantFirst();
        _carrying = Carry();
    }

    public LinkStream Server { get; }

    public LinkStream Agent { get; }

    /// <summary>Bytes that travelled, in both directions.</summary>
    public long Carried { get; private set; }

    public static byte[] Payload(PodStreamRequest request) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(request, ModelJson.Default.PodStreamRequest);

    /// <summary>The link is lost.</summary>
    public void Cut(string why)
    {
        Server.Abort(why);
        Agent.Abort(why);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Agent.DisposeAsync();
        _link.Writer.TryComplete();
        await _carrying;
    }

    /// <summary>Each message is encoded and read back, as on its way.</summary>
    private void Send(LinkStream to, Envelope envelope) =>
        _link.Writer.TryWrite((to, Packet.Decode(Packet.Encode(envelope))!));

    private async Task Carry()
    {
        await foreach (var (to, envelope) in _link.Reader.ReadAllAsync())
        {
            Carried += envelope.StreamData?.Data.Length ?? 0;
            to.Receive(envelope);
        }
    }
}
