using System.Threading.Channels;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Link;

/// <summary>
/// The node's end of the link: reads desired, writes reported, answers streams. It writes nothing to disk and is
/// silent between heartbeats. Every method is safe from any thread and never blocks.
/// </summary>
internal sealed class LinkClient(
    LinkSettings settings,
    IEnumerable<MapEntry> desired,
    TimeProvider clock,
    Random random,
    ILogger<LinkClient> log)
{
    /// <summary>One change at a time; the next comes after <see cref="DesiredChange.Committed"/>.</summary>
    public ChannelReader<DesiredChange> Desired =>
        throw new NotImplementedException($"{settings}{desired}{clock}{random}{log}");

    public ChannelReader<StreamOpened> Streams => throw new NotImplementedException();

    public LinkState State => throw new NotImplementedException();

    /// <summary>Raised on every change of <see cref="State"/>, from the link's own loop; handlers return at once.</summary>
    public event Action<LinkState>? StateChanged
    {
        add => throw new NotImplementedException();
        remove => throw new NotImplementedException();
    }

    /// <summary>
    /// <see cref="TimeProvider.GetTimestamp"/> when the last heartbeat or hello was sent that the server answered,
    /// or null when none was in this process: what fencing counts from.
    /// </summary>
    public long? LastAnswered => throw new NotImplementedException();

    /// <summary>Runs the session until cancelled; a lost broker or server is retried for ever.</summary>
    public Task Run(CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Says what is true of a key. Only the latest value travels; an equal one costs nothing.</summary>
    public SetOutcome SetReported(string key, ReadOnlyMemory<byte> value) => throw new NotImplementedException();

    public void RemoveReported(string key) => throw new NotImplementedException();

    /// <summary>Sends in the lane that may drop; the oldest are dropped and counted when it is full.</summary>
    public void Lane(string kind, ReadOnlyMemory<byte> payload) => throw new NotImplementedException();
}
