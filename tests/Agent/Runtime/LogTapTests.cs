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
        var over = await Assert.ThrowsAsync<RuntimeException>(() => tap.Over);
        Assert.Equal(cut.Message, over.Message);
        tap.Offer(0, new byte[1]);
        Assert.False(tap.IsFull);
    }

    [Fact]
    public async Task What_an_ended_container_leaves_in_its_pipes_is_kept_and_what_its_children_write_on_is_not()
    {
        var tap = Full();
        for (var piece = 0; piece < 2 * Fifo.PipeBytes; piece += 1024)
        {
            tap.Offer(piece % 2048 / 1024, new byte[1024]);
        }

        Assert.Equal(1024, await tap.Read(1, new byte[1024], default));
        for (var piece = 0; piece < Fifo.PipeBytes; piece += 1024)
        {
            tap.Offer(0, new byte[1024]);
        }

        Assert.False(tap.Over.IsCompleted);
        tap.Offer(0, new byte[1025]);
        await Assert.ThrowsAsync<RuntimeException>(() => tap.Over);
        await Assert.ThrowsAsync<RuntimeException>(() => tap.Read(0, new byte[9], default).AsTask());
    }

    [Fact]
    public void Single_bytes_are_held_together()
    {
        var waiting = new WaitingBytes();
        for (var number = 0; number < 10_000; number++)
        {
            waiting.Add([(byte)number]);
        }

        waiting.Add(new byte[5000]);
        List<int> taken = [];
        var all = new List<byte>();
        var buffer = new byte[8192];
        while (waiting.Take(buffer) is > 0 and var got)
        {
            taken.Add(got);
            all.AddRange(buffer.AsSpan(0, got));
        }

        Assert.Equal([4096, 4096, 4096, 2712], taken);
        Assert.Equal([.. Enumerable.Range(0, 10_000).Select(number => (byte)number), .. new byte[5000]], all);
        Assert.Equal(0, waiting.Count);
        waiting.Add("on"u8);
        Assert.Equal(2, waiting.Take(buffer));
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
