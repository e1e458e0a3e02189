using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Logs;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Runtime;

public sealed class LogTapTests
{
    private readonly FakeClock _clock = new();
    private int _wakes;

    [Fact]
    public async Task Who_takes_nothing_for_a_while_holds_the_container_up_and_is_then_cut_off()
    {
        var tap = Full();
        _clock.Advance(TimeSpan.FromSeconds(9));
        tap.CutWhenStalled();
        Assert.True(tap.IsFull);

        _clock.Advance(TimeSpan.FromSeconds(1));
        tap.CutWhenStalled();
        Assert.False(tap.IsFull);
        var cut = await Assert.ThrowsAsync<RuntimeException>(() => tap.Read(0, new byte[9], default).AsTask());
        Assert.Equal("nothing of the container's output was taken for 10 s", cut.Message);
        Assert.True(tap.Over.IsCompleted);
        tap.Offer(0, new byte[1]);
        Assert.False(tap.IsFull);
    }

    [Fact]
    public async Task Who_takes_slowly_is_not_cut_off_and_what_he_took_lets_the_container_go_on()
    {
        var tap = Full();
        for (var round = 0; round < 5; round++)
        {
            _clock.Advance(TimeSpan.FromSeconds(9));
            Assert.Equal(1, await tap.Read(0, new byte[1], default));
            tap.CutWhenStalled();
        }

        Assert.False(tap.IsFull);
        Assert.Equal(1, _wakes);
    }

    [Fact]
    public async Task What_waits_is_read_before_the_end_of_its_stream()
    {
        var tap = new LogTap(() => _wakes++, _clock);
        tap.Offer(0, "out"u8);
        tap.Offer(1, "err"u8);
        tap.End(0);
        Assert.False(tap.Over.IsCompleted);
        tap.End(1);
        Assert.True(tap.Over.IsCompleted);

        var buffer = new byte[2];
        Assert.Equal(2, await tap.Read(0, buffer, default));
        Assert.Equal(1, await tap.Read(0, buffer, default));
        Assert.Equal(0, await tap.Read(0, buffer, default));
        Assert.Equal(2, await tap.Read(1, buffer, default));
    }

    private LogTap Full()
    {
        var tap = new LogTap(() => _wakes++, _clock);
        tap.Offer(0, new byte[LogTap.FullBytes]);
        Assert.True(tap.IsFull);
        return tap;
    }
}
