using Edge.Server.Store;

namespace Edge.Tests.Server.Store;

/// <summary>Which Events go first.</summary>
public sealed class EventExpiryTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly EventExpiry _expiry = new();
    private long _revision;

    [Fact]
    public void An_event_that_is_said_again_and_again_pushes_out_no_other()
    {
        Write(_start, "quiet");
        for (var count = 0; count <= EventExpiry.EventsMax; count++)
        {
            Assert.Empty(Write(_start, "noisy"));
        }
    }

    [Fact]
    public void An_event_lives_for_an_hour_after_it_was_last_said()
    {
        Write(_start, "once", "twice");
        Write(_start + TimeSpan.FromMinutes(30), "twice");
        Assert.Equal(["once"], Write(_start + EventExpiry.Lifetime));
        Assert.Equal(["twice"], Write(_start + TimeSpan.FromMinutes(90)));
        Assert.True(_expiry.IsEmpty);
    }

    [Fact]
    public void The_one_said_longest_ago_goes_when_there_are_too_many()
    {
        Write(_start, [.. Enumerable.Range(0, EventExpiry.EventsMax).Select(number => $"e{number:D5}")]);
        Write(_start, "e00000");
        Assert.Equal(["e00001"], Write(_start, "new"));
    }

    [Fact]
    public void Changes_that_the_disk_refused_leave_what_was_due_due()
    {
        Write(_start, "old");
        var later = _start + EventExpiry.Lifetime;
        Assert.Equal(["old"], Due(later, []).Keys);
        Assert.Equal(["old"], Due(later, []).Keys);
        Assert.Empty(Due(later, [Put("old")]).Keys);
        Assert.Equal(["old"], Write(later));
    }

    /// <summary>What goes; it goes in the same commit.</summary>
    private IReadOnlyList<string> Write(DateTimeOffset now, params string[] names)
    {
        var (keys, changes) = Due(now, [.. names.Select(Put)]);
        _expiry.Committed(
            [.. changes, .. keys.Select(name => Put(name) with { Type = ChangeType.Delete })], now);
        return keys;
    }

    private (IReadOnlyList<string> Keys, IReadOnlyList<Change> Changes) Due(DateTimeOffset now, List<Change> changes) =>
        ([.. _expiry.Due(changes, now).Select(key => key[(key.LastIndexOf('/') + 1)..])], changes);

    private Change Put(string name) => new(
        ChangeType.Put, new StoredObject(Resources.Events.KeyOf("ns", name), ++_revision, default), null);
}
