using Edge.Agent.Link;
using Edge.Proto.Link;

namespace Edge.Tests.Agent.Link;

public sealed class LinkTrafficTests
{
    [Fact]
    public void A_batch_of_events_counts_as_events()
    {
        var traffic = new LinkTraffic();
        traffic.Sent(new Envelope { LaneBatch = new LaneBatch() }, 300);

        traffic.Tell((feature, sent, _) => Assert.Equal(feature == "events" ? 300 : 0, sent));
    }
}
