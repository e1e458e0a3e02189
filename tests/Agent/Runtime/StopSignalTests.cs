using Edge.Agent.Runtime;
using Edge.Tests.Support.Containers;

namespace Edge.Tests.Agent.Runtime;

public sealed class StopSignalTests
{
    [Theory]
    [InlineData("SIGQUIT", 3)]
    [InlineData("QUIT", 3)]
    [InlineData("3", 3)]
    [InlineData("sigwinch", 28)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("SIGRTMIN", 34)]
    [InlineData("", 15)]
    [InlineData("0", 15)]
    [InlineData("99", 15)]
    [InlineData("SIGRTMIN+99", 15)]
    [InlineData("SIGNONE", 15)]
    public void A_signal_is_known_by_name_and_by_number(string text, int number) =>
        Assert.Equal(number, StopSignal.Number(text));

    [SkippableFact]
    public async Task The_signal_of_an_image_is_seen_at_its_container()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("signal");
        var image = await bench.Pull(TinyImage.Busybox());
        image = image with { Config = image.Config with { StopSignal = "SIGQUIT" } };

        await bench.Runtime.CreateContainer(bench.Request(image, ["true"]), CancellationToken.None);

        var seen = Assert.Single(await bench.Runtime.Observe(CancellationToken.None));
        Assert.Equal(3, seen.StopSignal);
        await bench.Runtime.RemoveContainer(seen.Id, CancellationToken.None);
    }
}
