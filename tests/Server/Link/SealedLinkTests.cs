namespace Edge.Tests.Server.Link;

/// <summary>What a broker that is not trusted can do: be away. Nothing more.</summary>
public sealed class SealedLinkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Who_drops_repeats_replays_and_forges_holds_up_but_changes_nothing(int seed)
    {
        using var world = new SealedWorld(seed) { Loses = true, Attacks = true };
        for (var round = 0; round < 40; round++)
        {
            world.Run(15);
            world.Change();
        }

        world.Loses = false;
        world.Run(600);
        Assert.True(world.IsOpen);
        Assert.Equal((world.Desired, world.Reported), (world.DesiredHeard, world.ReportedHeard));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Who_drops_nothing_but_replays_and_forges_ends_no_session(int seed)
    {
        using var world = new SealedWorld(seed);
        world.Run(10);
        Assert.True(world.IsOpen);
        world.Attacks = true;
        for (var round = 0; round < 40; round++)
        {
            world.Run(15);
            world.Change();
            world.Run(2);
            Assert.Equal((world.Desired, world.Reported), (world.DesiredHeard, world.ReportedHeard));
        }

        Assert.True(world.IsOpen);
        Assert.Equal(0, world.Losses);
    }
}
