using Edge.Agent.Ledger;
using Edge.Agent.Report.Usage;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Report.Usage;

public sealed class UsageMeterTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly UsageMeter _meter;
    private readonly Dictionary<string, long> _spent = [];
    private int _counted;

    public UsageMeterTests() => _meter = new UsageMeter(Take, _clock);

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Nothing_is_counted_and_no_timer_runs_while_nobody_asks()
    {
        _clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal((0, false), (_counted, _clock.IsAwaited));
    }

    [Fact]
    public async Task Who_asks_first_waits_for_a_second_count()
    {
        _spent["c1"] = 0;
        var usage = await Ask(whileWaiting: () => _spent["c1"] = 250_000_000);

        Assert.Equal((250_000_000, 1000), (Cpu(usage, "c1"), usage.WindowMilliseconds));
        Assert.Equal((2, false), (_counted, _clock.IsAwaited));
    }

    [Fact]
    public async Task Who_asks_soon_gets_the_same_answer_and_its_age()
    {
        _spent["c1"] = 0;
        var first = await Ask(whileWaiting: () => { });
        _clock.Advance(TimeSpan.FromSeconds(4));

        var second = await _meter.Measure(default);
        Assert.Equal((0, 4000), (first.AgeMilliseconds, second.AgeMilliseconds));
        Assert.Equal(2, _counted);
    }

    [Fact]
    public async Task Who_asks_later_gets_the_mean_since_the_question_before_at_once()
    {
        _spent["c1"] = 0;
        await Ask(whileWaiting: () => { });
        _clock.Advance(TimeSpan.FromSeconds(15));
        _spent["c1"] = 3_000_000_000;

        var usage = await _meter.Measure(default);
        Assert.Equal((200_000_000, 15_000), (Cpu(usage, "c1"), usage.Pods![0].WindowMilliseconds));
    }

    [Fact]
    public async Task A_count_of_long_ago_says_nothing()
    {
        _spent["c1"] = 0;
        await Ask(whileWaiting: () => { });
        _clock.Advance(TimeSpan.FromMinutes(2));
        _spent["c1"] = 60_000_000_000;

        var usage = await Ask(whileWaiting: () => _spent["c1"] += 100_000_000);
        Assert.Equal((100_000_000, 1000), (Cpu(usage, "c1"), usage.WindowMilliseconds));
    }

    [Fact]
    public async Task A_new_container_is_counted_twice_and_the_others_keep_their_longer_window()
    {
        _spent["c1"] = 0;
        await Ask(whileWaiting: () => { });
        _clock.Advance(TimeSpan.FromSeconds(9));
        _spent["c2"] = 0;

        var usage = await Ask(whileWaiting: () => (_spent["c1"], _spent["c2"]) = (1_000_000_000, 500_000_000));
        Assert.Equal((100_000_000, 500_000_000), (Cpu(usage, "c1"), Cpu(usage, "c2")));
        Assert.Equal([10_000L, 1000L], usage.Pods!.Select(pod => pod.WindowMilliseconds));
    }

    [Fact]
    public async Task A_container_that_ended_is_left_out_and_forgotten()
    {
        _spent["c1"] = 0;
        await Ask(whileWaiting: () => { });
        _spent.Remove("c1");
        _clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Empty((await _meter.Measure(default)).Pods!);
    }

    [Fact]
    public async Task The_machine_is_measured_without_any_container()
    {
        _spent[""] = 0;
        var usage = await Ask(whileWaiting: () => _spent[""] = 1_500_000_000);

        Assert.Equal(new ResourceUsage { CpuNanocores = 1_500_000_000, MemoryBytes = 1000 }, usage.Total);
    }

    private async Task<NodeUsage> Ask(Action whileWaiting)
    {
        var asking = _meter.Measure(default);
        Assert.True(_clock.IsAwaited);
        whileWaiting();
        _clock.Advance(UsageMeter.FirstWindow);
        return await asking;
    }

    private static long Cpu(NodeUsage usage, string container) =>
        usage.Pods!.Single(pod => pod.Name == container).Containers![container].CpuNanocores;

    private UsageSample Take()
    {
        _counted++;
        return new UsageSample(
            _clock.GetTimestamp(), new Counters(_spent.GetValueOrDefault(""), 1000),
            [
                .. _spent.Where(pair => pair.Key.Length > 0).Select(pair => new ContainerSample(
                    new PodRecord { Uid = $"uid-{pair.Key}", Namespace = "default", Name = pair.Key }, pair.Key,
                    pair.Key, new Counters(pair.Value, 100))),
            ]);
    }
}
