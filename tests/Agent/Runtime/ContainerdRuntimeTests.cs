using Edge.Tests.Support.Containers;

namespace Edge.Tests.Agent.Runtime;

public sealed class ContainerdRuntimeTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [SkippableFact]
    public async Task A_pulled_image_runs_and_its_output_and_exit_code_are_seen()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("run");
        var image = await bench.Pull(TinyImage.Busybox(index: true));
        var request = bench.Request(image, ["sh", "-c", "echo out; echo err >&2; exit 7"]);
        var id = await bench.Run(request);

        var ended = await bench.Ended(id);

        Assert.Equal(7, ended.ExitCode);
        Assert.NotNull(ended.FinishedAt);
        Assert.NotNull(ended.StartedAt);
        Assert.False(ended.OomKilled);
        Assert.Equal(["err", "out"], bench.LogText().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
        await bench.Runtime.RemoveContainer(id, None);
        Assert.Empty(await bench.Runtime.Observe(None));
        Assert.True(bench.Runtime.RemovePodCgroup(bench.PodUid));
        Assert.NotNull(await bench.Runtime.FindImage(image.RepoDigest, None));
        Assert.NotNull(await bench.Runtime.FindImage(image.Digest, None));
    }
}
