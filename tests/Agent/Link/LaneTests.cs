using Edge.Agent.Link;
using Edge.Proto.Link;

namespace Edge.Tests.Agent.Link;

/// <summary>What waits in the lane, and how it leaves.</summary>
public sealed class LaneTests
{
    private static readonly TimeSpan s_now = TimeSpan.FromSeconds(10);

    private readonly Lane _lane = new();

    [Fact]
    public void Messages_of_one_moment_leave_together_a_moment_after_the_first()
    {
        _lane.Add("event", "a"u8.ToArray(), s_now);
        _lane.Add("event", "b"u8.ToArray(), s_now + Lane.Wait / 2);

        Assert.Null(_lane.Next(s_now + Lane.Wait / 2));
        Assert.Equal(s_now + Lane.Wait, _lane.Due);
        Assert.Equal(["a", "b"], Texts(_lane.Next(s_now + Lane.Wait)!));
        Assert.Null(_lane.Due);
    }

    [Fact]
    public void What_waited_for_a_link_leaves_at_once_in_as_many_packets_as_it_needs()
    {
        foreach (var letter in "abc")
        {
            _lane.Add("event", new byte[12 * 1024].Select(_ => (byte)letter).ToArray(), s_now);
        }

        var later = s_now + TimeSpan.FromHours(1);
        Assert.Equal(2, _lane.Next(later)!.LaneBatch.Messages.Count);
        Assert.Equal(3u, Assert.Single(_lane.Next(later)!.LaneBatch.Messages).Sequence);
        Assert.Null(_lane.Next(later));
    }

    [Fact]
    public void The_oldest_give_way_and_the_next_message_says_how_many()
    {
        for (var number = 0; number < 300; number++)
        {
            _lane.Add("event", BitConverter.GetBytes(number), s_now);
        }

        var messages = _lane.Next(s_now + Lane.Wait)!.LaneBatch.Messages;
        Assert.Equal(44u, messages[0].Dropped);
        Assert.Equal(44, BitConverter.ToInt32(messages[0].Payload.Span));
        Assert.All(messages.Skip(1), message => Assert.Equal(0u, message.Dropped));
    }

    private static IEnumerable<string> Texts(Envelope envelope) =>
        envelope.LaneBatch.Messages.Select(message => message.Payload.ToStringUtf8());
}
