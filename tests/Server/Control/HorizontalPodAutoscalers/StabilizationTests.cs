using Edge.Proto.Model;

namespace Edge.Tests.Server.Control.HorizontalPodAutoscalers;

/// <summary>Windows and rates over time; a look every 15 seconds.</summary>
public sealed class StabilizationTests
{
    [Fact]
    public void Without_rules_a_target_doubles_at_each_look_or_grows_to_four()
    {
        var world = new Autoscaled { Replicas = 1, Max = 30, LoadMilli = 20_000 };

        Assert.Equal([4, 8, 16, 30, 30], world.LookFor(TimeSpan.FromSeconds(75)));
    }

    [Fact]
    public void A_target_shrinks_only_when_nothing_more_was_asked_for_within_five_minutes()
    {
        var world = new Autoscaled { Replicas = 2, LoadMilli = 400 };
        world.Look();
        Assert.Equal((4, "SucceededRescale"), (world.Replicas, world.Reason("AbleToScale")));
        world.LookFor(TimeSpan.FromMinutes(1));

        world.LoadMilli = 90;
        var sizes = world.LookFor(TimeSpan.FromMinutes(5));
        Assert.All(sizes, size => Assert.Equal(8, size));
        Assert.Equal("ScaleDownStabilized", world.Reason("AbleToScale"));

        var plan = world.Look();
        Assert.Equal(2, world.Replicas);
        Assert.Equal("New size: 2; reason: All metrics below target", plan.Notes.Single().Message);
    }

    [Fact]
    public void After_a_restart_the_size_that_is_there_counts_as_asked_for()
    {
        var world = new Autoscaled { Replicas = 6, LoadMilli = 48, Memory = null };

        Assert.All(world.LookFor(TimeSpan.FromMinutes(5)), size => Assert.Equal(6, size));
        world.LookFor(TimeSpan.FromSeconds(30));
        Assert.Equal(1, world.Replicas);
    }

    [Fact]
    public void A_window_for_growth_waits_until_all_within_it_asked_for_more()
    {
        var world = new Autoscaled { Behavior = new() { ScaleUp = new() { StabilizationWindowSeconds = 60 } } };
        world.LoadMilli = 100;
        world.Look();

        world.LoadMilli = 300;
        Assert.Equal([2, 2, 2, 6], world.LookFor(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void A_policy_of_pods_counts_what_was_added_within_its_period()
    {
        var world = new Autoscaled { Behavior = new() { ScaleUp = Rules("Max", Policy("Pods", 2, 60)) } };
        world.LoadMilli = 5_000;

        // The change of the first minute no longer counts when exactly a minute has passed.
        Assert.Equal([4, 4, 4, 4, 6, 6, 6, 6, 8], world.LookFor(TimeSpan.FromSeconds(135)));
        Assert.Equal("ScaleUpLimit", world.Reason("ScalingLimited"));
    }

    [Fact]
    public void A_policy_of_percent_rounds_growth_up_and_what_stays_down()
    {
        var up = new Autoscaled
        {
            Replicas = 3, Behavior = new() { ScaleUp = Rules("Max", Policy("Percent", 10, 15)) }, LoadMilli = 5_000,
        };
        up.Look();
        Assert.Equal(4, up.Replicas);

        var down = new Autoscaled
        {
            Replicas = 9,
            Behavior = new()
            {
                ScaleDown = Rules("Max", Policy("Percent", 10, 15)) with { StabilizationWindowSeconds = 0 },
            },
        };
        down.Look();
        Assert.Equal((8, "ScaleDownLimit"), (down.Replicas, down.Reason("ScalingLimited")));
    }

    [Theory]
    [InlineData("Max", 8)]
    [InlineData("Min", 3)]
    [InlineData("Disabled", 2)]
    public void Of_several_policies_the_selected_one_decides(string select, int replicas)
    {
        var world = new Autoscaled
        {
            Behavior = new() { ScaleUp = Rules(select, Policy("Pods", 1, 60), Policy("Percent", 300, 60)) },
            LoadMilli = 5_000,
        };

        world.Look();
        Assert.Equal(replicas, world.Replicas);
    }

    [Fact]
    public void Least_of_several_policies_keeps_most_pods_when_a_target_shrinks()
    {
        var rules = Rules("Min", Policy("Pods", 4, 60), Policy("Percent", 10, 60)) with
        {
            StabilizationWindowSeconds = 0,
        };
        var world = new Autoscaled { Replicas = 10, Behavior = new() { ScaleDown = rules } };

        world.Look();
        Assert.Equal(9, world.Replicas);
    }

    [Fact]
    public void What_was_remembered_is_forgotten_when_no_rule_looks_back_to_it()
    {
        var world = new Autoscaled { Behavior = new() { ScaleUp = Rules("Max", Policy("Pods", 1, 15)) } };
        world.LoadMilli = 5_000;
        world.LookFor(TimeSpan.FromHours(1));

        Assert.InRange(world.Memory!.Recommendations.Count, 1, 22);
        Assert.InRange(world.Memory.Ups.Count, 1, 2);
    }

    private static HpaScalingRules Rules(string select, params HpaScalingPolicy[] policies) =>
        new() { SelectPolicy = select, Policies = policies };

    private static HpaScalingPolicy Policy(string type, int value, int seconds) =>
        new() { Type = type, Value = value, PeriodSeconds = seconds };
}
