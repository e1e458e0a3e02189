using Edge.Proto.Sync;
using Edge.Server.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Link;

/// <summary>Which links a turn has to look at.</summary>
public sealed class DueLinksTests
{
    private readonly DueLinks _due = new();

    [Fact]
    public void A_touched_link_is_taken_once_however_often_it_was_touched()
    {
        var link = Link("a");
        _due.Touch(link);
        _due.Touch(link);

        Assert.Equal([link], _due.Take(At(0)));
        Assert.Empty(_due.Take(At(0)));
    }

    [Fact]
    public void A_link_is_taken_at_its_time_and_not_before()
    {
        var link = Link("a");
        _due.Put(link, At(5));

        Assert.Equal(At(5), _due.Next);
        Assert.Empty(_due.Take(At(4)));
        Assert.Equal([link], _due.Take(At(5)));
        Assert.Null(_due.Next);
    }

    [Fact]
    public void What_becomes_due_earlier_is_taken_earlier_and_not_again_at_its_old_time()
    {
        var link = Link("a");
        _due.Put(link, At(9));
        _due.Put(link, At(3));

        Assert.Equal([link], _due.Take(At(3)));
        Assert.Null(_due.Next);
        Assert.Empty(_due.Take(At(9)));
    }

    [Fact]
    public void What_becomes_due_later_is_looked_at_in_its_old_time_once_and_waits_again()
    {
        var link = Link("a");
        _due.Put(link, At(3));
        _due.Put(link, At(9));

        Assert.Equal([link], _due.Take(At(3)));
        _due.Put(link, At(9));
        Assert.Equal(At(9), _due.Next);
    }

    [Fact]
    public void A_forgotten_link_is_not_taken()
    {
        var (gone, stays) = (Link("gone"), Link("stays"));
        _due.Put(gone, At(1));
        _due.Put(stays, At(2));
        _due.Touch(gone);
        _due.Forget(gone);

        Assert.Equal(At(2), _due.Next);
        Assert.Equal([stays], _due.Take(At(2)));
    }

    [Fact]
    public void Links_of_one_time_are_all_taken_by_their_names()
    {
        var (first, second) = (Link("a"), Link("b"));
        _due.Put(second, At(1));
        _due.Put(first, At(1));

        Assert.Equal([first, second], _due.Take(At(1)));
    }

    [Fact]
    public void A_link_without_a_time_waits_for_a_touch()
    {
        _due.Put(Link("a"), null);

        Assert.Null(_due.Next);
    }

    private static TimeSpan At(int seconds) => TimeSpan.FromSeconds(seconds);

    private static NodeLink Link(string name)
    {
        var packets = new NodePackets(name, null, (_, _) => { }, NullLogger.Instance);
        var session = new ServerSession(new SessionSettings { ClusterUid = "c" }, 1, [], new Random(1), _ => { });
        return new NodeLink(name, session, packets);
    }
}
