using Edge.Proto.Model;

namespace Edge.Tests.Server.Control.HorizontalPodAutoscalers;

/// <summary>What holds whatever the load and the rules are.</summary>
public sealed class AutoscalerPropertyTests
{
    private const int Seeds = 300;

    [Fact]
    public void A_size_stays_in_its_bounds_and_never_shrinks_below_what_its_window_saw() => Each((world, random) =>
    {
        var window = world.Behavior?.ScaleDown?.StabilizationWindowSeconds ?? 300;
        var wishes = new List<(DateTimeOffset At, int Replicas)>();
        for (var look = 0; look < 200; look++)
        {
            world.LoadMilli = random.Next(4) == 0 ? random.Next(2_500) : world.LoadMilli;
            var (at, before) = (world.Now, world.Replicas);
            world.Look();

            Assert.InRange(world.Replicas, world.Min, world.Max);
            wishes.Add((at, world.Memory!.Recommendations[^1].Replicas));
            if (world.Replicas < before)
            {
                var highest = wishes.Where(wish => wish.At > at.AddSeconds(-window)).Max(wish => wish.Replicas);
                Assert.True(
                    world.Replicas >= Math.Min(before, Math.Min(highest, world.Max)),
                    $"{before} to {world.Replicas} though {highest} were asked for");
            }
        }
    });

    [Fact]
    public void Under_a_constant_load_it_settles_and_stays() => Each((world, random) =>
    {
        world.LoadMilli = random.Next(2_500);
        world.LookFor(TimeSpan.FromHours(4));
        var settled = world.Replicas;

        Assert.All(world.LookFor(TimeSpan.FromHours(1)), size => Assert.Equal(settled, size));
    });

    [Fact]
    public void Where_it_settles_the_target_is_met_or_a_bound_holds() => Each((world, random) =>
    {
        world.LoadMilli = random.Next(2_500);
        world.LookFor(TimeSpan.FromHours(4));

        // What each pod uses, rounded up as a node's report is read, is its share in percent too: it requests 100m. The
        // target is 50 %, and a tenth of that more or less changes nothing.
        var size = world.Replicas;
        var percent = (world.LoadMilli + size - 1) / size;
        Assert.True(
            world.Behavior is { ScaleUp.SelectPolicy: "Disabled" } || percent <= 55 || size == world.Max,
            $"{size} replicas at {percent} %");
        Assert.True(
            world.Behavior is { ScaleDown.SelectPolicy: "Disabled" } || percent >= 45 || size == world.Min
            || percent * size > 50 * (size - 1),
            $"{size} replicas at {percent} %, where {size - 1} are enough");
    });

    private static void Each(Action<Autoscaled, Random> check)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var min = random.Next(1, 5);
            var max = min + random.Next(0, 12);
            var world = new Autoscaled
            {
                Min = min, Max = max, Replicas = random.Next(min, max + 1), LoadMilli = random.Next(2_500),
                Behavior = random.Next(2) == 0
                    ? null
                    : new HorizontalPodAutoscalerBehavior { ScaleUp = Rules(random), ScaleDown = Rules(random) },
            };
            try
            {
                check(world, random);
            }
            catch (Xunit.Sdk.XunitException wrong)
            {
                throw new InvalidOperationException($"seed {seed}: {wrong.Message}", wrong);
            }
        }
    }

    private static HpaScalingRules? Rules(Random random) => random.Next(3) == 0
        ? null
        : new HpaScalingRules
        {
            StabilizationWindowSeconds = random.Next(2) == 0 ? null : random.Next(0, 900),
            SelectPolicy = random.Next(6) switch { 0 => "Disabled", 1 or 2 => "Min", 3 => null, _ => "Max" },
            Policies =
            [
                .. Enumerable.Range(0, random.Next(0, 3)).Select(_ => new HpaScalingPolicy
                {
                    // A share too small to take one pod away would let a target never shrink; that is its user's wish.
                    Type = random.Next(2) == 0 ? "Pods" : "Percent", Value = random.Next(1, 150),
                    PeriodSeconds = random.Next(1, 600),
                }),
            ],
        };
}
