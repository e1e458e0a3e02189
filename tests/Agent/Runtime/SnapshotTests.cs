using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Leases;
using Edge.Proto.Containerd.Snapshots;
using Edge.Tests.Support.Containers;

namespace Edge.Tests.Agent.Runtime;

/// <summary>That a container's snapshot lives exactly as long as it is wanted, with a real containerd.</summary>
public sealed class SnapshotTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [SkippableFact]
    public async Task A_snapshot_that_a_crash_left_is_collected_and_that_of_a_running_container_is_not()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("lease");
        using var channel = Channel(bench);
        var image = await bench.Pull(TinyImage.Busybox());
        var running = await bench.Run(bench.Request(image, ["sleep", "100"]));
        await Prepare(channel, bench, "orphan", image.ChainId);
        await Collect(channel);
        Assert.Equal(new[] { "orphan", running }.Order(), (await Keys(bench)).Order());

        await bench.RestartAgent();
        var next = await bench.Run(bench.Request(image, ["sleep", "100"], attempt: 1));
        await Collect(channel);

        Assert.Equal(new[] { running, next }.Order(), (await Keys(bench)).Order());
        await bench.Until(running, container => container.State == RunState.Running);
        await bench.Runtime.RemoveContainer(running, None);
        await bench.Runtime.RemoveContainer(next, None);
        Assert.Empty(await Keys(bench));
    }

    [SkippableFact]
    public async Task A_snapshot_that_is_there_already_is_made_anew_from_the_image_asked_for()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("again");
        using var channel = Channel(bench);
        var image = await bench.Pull(TinyImage.Busybox());
        var request = bench.Request(image, ["sh", "-c", "exit 5"]);
        await Prepare(channel, bench, request.Id, parent: "");

        var id = await bench.Run(request);

        Assert.Equal(5, (await bench.Ended(id)).ExitCode);
        await bench.Runtime.RemoveContainer(id, None);
    }

    [SkippableFact]
    public async Task A_lost_lease_is_made_again()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("lost");
        using var channel = Channel(bench);
        var image = await bench.Pull(TinyImage.Busybox());
        var first = await bench.Run(bench.Request(image, ["true"]));
        await channel.Call(ContainerdApi.DeleteLease, new DeleteRequest { Id = CreationLease.Id }, None);

        var second = await bench.Run(bench.Request(image, ["true"], attempt: 1));

        Assert.Equal(0, (await bench.Ended(second)).ExitCode);
        await bench.Runtime.RemoveContainer(first, None);
        await bench.Runtime.RemoveContainer(second, None);
    }

    [SkippableFact]
    public async Task A_removal_that_stopped_before_the_container_object_is_still_seen_and_ends()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("remove");
        using var channel = Channel(bench);
        var image = await bench.Pull(TinyImage.Busybox());
        var request = bench.Request(image, ["true"]);
        await bench.Runtime.CreateContainer(request, None);
        var remove = new RemoveSnapshotRequest { Snapshotter = bench.Settings.Snapshotter, Key = request.Id };
        await channel.Call(ContainerdApi.RemoveSnapshot, remove, None);

        Assert.Equal(request.Id, Assert.Single(await bench.Runtime.Observe(None)).Id);
        await bench.Runtime.RemoveContainer(request.Id, None);
        Assert.Empty(await bench.Runtime.Observe(None));
    }

    private static GrpcChannel Channel(RuntimeBench bench) =>
        new(bench.Settings.ContainerdSocket, RuntimeSettings.ContainerdNamespace, TimeProvider.System);

    /// <summary>As the agent does it, and then it dies.</summary>
    private static async Task Prepare(GrpcChannel channel, RuntimeBench bench, string key, string parent)
    {
        await new CreationLease(channel).Make(None);
        var request = new PrepareSnapshotRequest
        {
            Snapshotter = bench.Settings.Snapshotter, Key = key, Parent = parent,
        };
        await channel.Call(ContainerdApi.PrepareSnapshot, request, None, CreationLease.Id);
    }

    /// <summary>The end of a lease, waited for, is a collection.</summary>
    private static async Task Collect(GrpcChannel channel)
    {
        await channel.Call(ContainerdApi.CreateLease, new CreateRequest { Id = "collect" }, None);
        await channel.Call(ContainerdApi.DeleteLease, new DeleteRequest { Id = "collect", Sync = true }, None);
    }

    /// <summary>The keys of snapshots that are not an image's.</summary>
    private static async Task<string[]> Keys(RuntimeBench bench) =>
        (await bench.Daemon.Ctr("snapshots", "ls")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.TrimEnd().EndsWith("Active", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[0]).ToArray();
}
