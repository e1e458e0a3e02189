using Edge.Agent.Devices;
using Edge.Agent.Devices.Cdi;
using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile;
using Edge.Proto.Model;
using Edge.Tests.Agent.Runtime;
using Edge.Tests.Support.Containers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Reconcile;

public sealed class NodeEdgeTests
{
    [SkippableFact]
    public async Task A_pod_is_not_forgotten_while_a_process_of_it_lives()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("forget");
        var id = await bench.Run(bench.Request(await bench.Pull(TinyImage.Busybox()), ["sh", "-c", "echo; sleep 100"]));
        await bench.Until(id, _ => File.Exists(bench.LogFile()));
        var settings = new NetworkSettings { RunDir = bench.Settings.RunDir };
        using var network = new SandboxNetwork(settings, TimeProvider.System, NullLogger.Instance);
        var devices = new DeviceGrants(() => GpuInventory.None, _ => Task.CompletedTask, new CdiHost("/", "/"));
        var edge = new NodeEdge(bench.Runtime, network, devices, bench.Settings.DataDir, bench.Settings.RunDir);
        var record = new PodRecord
        {
            Uid = bench.PodUid, Namespace = "default", Name = "pod", StartTime = DateTimeOffset.UnixEpoch,
        };

        await Assert.ThrowsAsync<IOException>(() => edge.Forget(record, default));
        Assert.True(File.Exists(bench.LogFile()));

        await bench.Runtime.RemoveContainer(id, default);
        await edge.Forget(record, default);
        Assert.False(File.Exists(bench.LogFile()));
    }
}
