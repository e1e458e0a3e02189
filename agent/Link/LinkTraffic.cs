using Edge.Proto.Link;

namespace Edge.Agent.Link;

/// <summary>
/// Payload bytes that went over the link in this process, by what they were for. MQTT, TLS and TCP add their headers,
/// some 90 bytes a packet. Any thread.
/// </summary>
internal sealed class LinkTraffic
{
    private static readonly string[] Features = ["session", "desired", "reported", "events", "streams"];

    private readonly long[] _sent = new long[Features.Length];
    private readonly long[] _received = new long[Features.Length];

    public void Sent(Envelope envelope, int bytes) => Interlocked.Add(ref _sent[IndexOf(envelope)], bytes);

    public void Received(Envelope envelope, int bytes) => Interlocked.Add(ref _received[IndexOf(envelope)], bytes);

    public void Tell(Action<string, long, long> sentAndReceived)
    {
        for (var index = 0; index < Features.Length; index++)
        {
            sentAndReceived(
                Features[index], Interlocked.Read(ref _sent[index]), Interlocked.Read(ref _received[index]));
        }
    }

    private static int IndexOf(Envelope envelope) => envelope.BodyCase switch
    {
        Envelope.BodyOneofCase.Chunk => IndexOf(envelope.Chunk.Map),
        Envelope.BodyOneofCase.Progress => IndexOf(envelope.Progress.Map),
        Envelope.BodyOneofCase.Ack => IndexOf(envelope.Ack.Map),
        Envelope.BodyOneofCase.Lane or Envelope.BodyOneofCase.LaneBatch => 3,
        Envelope.BodyOneofCase.StreamOpen or Envelope.BodyOneofCase.StreamData or Envelope.BodyOneofCase.StreamCredit
            or Envelope.BodyOneofCase.StreamEnd or Envelope.BodyOneofCase.StreamResize => 4,
        _ => 0,
    };

    private static int IndexOf(Map map) => map == Map.Desired ? 1 : 2;
}
