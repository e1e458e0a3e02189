using System.Text.Json;
using System.Threading.Channels;
using Edge.Agent.Link;
using Edge.Agent.Report;
using Edge.Proto.Model;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Report;

public sealed class ReportTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("edge-report-").FullName;
    private readonly FakeClock _clock = new();

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public async Task A_node_that_did_not_change_is_not_asked_about_and_not_reported()
    {
        RuntimeSight? runtime = new("containerd://1.6.20", []);
        var asked = 0;
        var (report, said) = Report(() =>
        {
            asked++;
            return runtime;
        });
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        await said.ReadAsync();
        for (var minute = 0; minute < 5; minute++)
        {
            await PassAMinute();
        }

        Assert.Equal((1, 0), (asked, said.Count));

        runtime = null;
        report.Wake();
        var ready = Ready(await said.ReadAsync());
        Assert.Equal(("False", "container runtime is down"), (ready.Status, ready.Message));
        Assert.Equal(_clock.GetUtcNow(), ready.LastTransitionTime);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 50)]
    public async Task A_runtime_that_hangs_without_a_word_is_found_in_time(bool isEco, int minutes)
    {
        RuntimeSight? runtime = new("containerd://1.6.20", []);
        var (report, said) = Report(() => runtime, isEco: isEco);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        await said.ReadAsync();

        runtime = null;
        for (var minute = 0; minute < minutes; minute++)
        {
            Assert.Equal(0, said.Count);
            await PassAMinute();
        }

        Assert.Equal("False", Ready(await said.ReadAsync()).Status);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    /// <summary>At boot the agent is often there a moment before the runtime is.</summary>
    [Fact]
    public async Task A_runtime_that_comes_late_makes_the_node_ready_at_once()
    {
        RuntimeSight? runtime = null;
        var (report, said) = Report(() => runtime);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        Assert.Equal("False", Ready(await said.ReadAsync()).Status);

        runtime = new RuntimeSight("containerd://1.6.20", []);
        report.Wake();

        var now = await said.ReadAsync();
        Assert.Equal("True", Ready(now).Status);
        Assert.Contains("containerd://1.6.20", now);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task What_is_not_the_servers_word_is_a_condition_and_takes_its_part_of_the_node()
    {
        var local = LocalChanges.None;
        var (report, said) = Report(() => new RuntimeSight("containerd://1.6.20", []), () => local);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        var before = Read(await said.ReadAsync());
        Assert.DoesNotContain(before.Status.Conditions!, one => one.Type == LocalChanges.ConditionType);

        local = new LocalChanges
        {
            Differs = true, Message = "local: default/web", Pods = 1, CpuMillis = 500, MemoryBytes = 1 << 20,
        };
        await PassAMinute();
        var status = Read(await said.ReadAsync()).Status;
        var condition = status.Conditions!.Single(one => one.Type == LocalChanges.ConditionType);
        Assert.Equal(("True", "ChangedOnSite", "local: default/web"),
            (condition.Status, condition.Reason, condition.Message));
        Assert.Equal((3500, (1 << 30) - (1 << 20), 109),
            (status.Allocatable!["cpu"].MilliValue, status.Allocatable["memory"].Units,
                status.Allocatable["pods"].Units));
        Assert.Equal((4000, 110), (status.Capacity!["cpu"].MilliValue, status.Capacity["pods"].Units));

        local = local with { Message = "local: default/web, default/sun" };
        await PassAMinute();
        var next = Read(await said.ReadAsync()).Status.Conditions!.Single(one => one.Type == condition.Type);
        Assert.Equal((local.Message, condition.LastTransitionTime), (next.Message, next.LastTransitionTime));

        local = new LocalChanges { Message = "last on site: deleted" };
        await PassAMinute();
        next = Read(await said.ReadAsync()).Status.Conditions!.Single(one => one.Type == condition.Type);
        Assert.Equal(("False", "NothingChanged"), (next.Status, next.Reason));
        Assert.True(next.LastTransitionTime > condition.LastTransitionTime);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_GPU_that_is_unwell_is_there_and_not_to_be_had()
    {
        var gpus = new GpuInventory { Devices = [new GpuDevice { Uuid = "GPU-a", Product = "NVIDIA L4" }] };
        var (report, said) = Report(() => new RuntimeSight("containerd://1.6.20", []), gpus: () => gpus);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        var before = Read(await said.ReadAsync());
        Assert.Equal("NVIDIA-L4", before.Labels!["nvidia.com/gpu.product"]);
        Assert.Equal((1, 1), (Units(before.Status.Capacity), Units(before.Status.Allocatable)));
        Assert.Equal("False", Condition(before).Status);

        gpus = gpus with { Devices = [gpus.Devices[0] with { Unhealthy = "XID 79" }] };
        report.Wake();
        var after = Read(await said.ReadAsync());
        Assert.Equal((1, 0), (Units(after.Status.Capacity), Units(after.Status.Allocatable)));
        Assert.Equal(("True", "GPUUnhealthy", "0 of 1 GPUs are healthy; GPU-a: XID 79"),
            (Condition(after).Status, Condition(after).Reason, Condition(after).Message));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        static long Units(IReadOnlyDictionary<string, Quantity>? amounts) => amounts!["nvidia.com/gpu"].Units;

        static Condition Condition(NodeReport node) => node.Status.Conditions!.Single(one => one.Type == "GPUProblem");
    }

    [Fact]
    public async Task Shares_and_parts_of_GPUs_are_counted_by_what_pods_ask_for()
    {
        var gpus = new GpuInventory
        {
            Devices =
            [
                Shared("GPU-a"), Shared("GPU-b") with { Unhealthy = "XID 79" },
                // What it has is in the node's memory already.
                Shared("tegra") with { SharesMemory = true },
                new GpuDevice
                {
                    Uuid = "GPU-c",
                    MigEnabled = true,
                    Instances =
                    [
                        new MigInstance { Uuid = "MIG-1", Profile = "1g.10gb+me", MemoryBytes = 9728L << 20 },
                        new MigInstance { Uuid = "MIG-2", Profile = "1g.10gb+me" },
                    ],
                },
            ],
        };
        var (report, said) = Report(() => new RuntimeSight("containerd://1.6.20", []), gpus: () => gpus);
        using var stop = new CancellationTokenSource();
        var running = report.Run(stop.Token);
        var status = Read(await said.ReadAsync()).Status;
        Assert.Equal(
            "nvidia.com/gpu.shared 12, nvidia.com/gpumem 42496, nvidia.com/mig-1g.10gb.me 2", Devices(status.Capacity));
        Assert.Equal(
            "nvidia.com/gpu.shared 8, nvidia.com/gpumem 26112, nvidia.com/mig-1g.10gb.me 2",
            Devices(status.Allocatable));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        static GpuDevice Shared(string uuid) => new()
        {
            Uuid = uuid, Shares = 4, Resource = "nvidia.com/gpu.shared", MemoryBytes = 16384L << 20,
        };

        static string Devices(IReadOnlyDictionary<string, Quantity>? amounts) => string.Join(", ", amounts!
            .Where(amount => amount.Key.StartsWith("nvidia.com/", StringComparison.Ordinal))
            .OrderBy(amount => amount.Key, StringComparer.Ordinal)
            .Select(amount => $"{amount.Key} {amount.Value.Units}"));
    }

    [Fact]
    public void The_last_answer_is_known_after_a_restart_and_unknown_after_a_reboot()
    {
        var answered = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        Contact(() => answered).Keep();
        _clock.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(TimeSpan.FromSeconds(40), Contact(() => null).Since());
        Assert.Null(Contact(() => null, "boot-2").Since());
    }

    [Fact]
    public void A_silence_counts_until_desired_is_what_the_server_wants()
    {
        ServerAnswer? answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        var contact = Contact(() => answer);
        contact.Keep();
        _clock.Advance(TimeSpan.FromMinutes(10));

        answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: false);
        Assert.Equal(TimeSpan.FromMinutes(10), contact.Since());
        _clock.Advance(TimeSpan.FromMinutes(2));
        answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: false);
        Assert.Equal(TimeSpan.FromMinutes(10), contact.Since());
        Assert.Equal(TimeSpan.FromMinutes(12), Contact(() => null).Since());

        answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        Assert.Equal(TimeSpan.Zero, contact.Since());
    }

    [Fact]
    public void The_first_answer_after_a_boot_counts_once_desired_is_what_the_server_wants()
    {
        ServerAnswer? answer = null;
        var contact = Contact(() => answer);
        Assert.Null(contact.Since());
        answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: false);
        Assert.Null(contact.Since());
        answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        Assert.Equal(TimeSpan.Zero, contact.Since());
    }

    [Fact]
    public void A_longer_keep_alive_counts_only_once_desired_was_reached_with_it()
    {
        ServerAnswer? answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        Contact(() => answer, keepAlive: 600).Keep();
        Assert.Equal(120, Contact(() => null).KeepAlive.TotalSeconds);
        var contact = Contact(() => answer, keepAlive: 600);
        answer = null;
        Assert.Equal(120, contact.KeepAlive.TotalSeconds);
        answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        Assert.Equal(600, contact.KeepAlive.TotalSeconds);
        Assert.Equal(600, Contact(() => null, keepAlive: 600).KeepAlive.TotalSeconds);
    }

    [Theory]
    [InlineData("boot-1 {0}", 40)]
    [InlineData("boot-1 {0} 600", 40)]
    [InlineData("boot-1 {0} long", null)]
    [InlineData("boot-1 {0} 600 1", null)]
    [InlineData("boot-1", null)]
    public void The_file_of_an_earlier_agent_counts_with_the_default_keep_alive(string file, int? since)
    {
        ServerAnswer? answer = new ServerAnswer(_clock.GetTimestamp(), IsDesiredReached: true);
        Contact(() => answer).Keep();
        var written = Assert.Single(Directory.GetFiles(_dir));
        File.WriteAllText(written, string.Format(file, _clock.GetTimestamp()));
        _clock.Advance(TimeSpan.FromSeconds(40));

        var contact = Contact(() => null, keepAlive: 600);
        Assert.Equal(since, (int?)contact.Since()?.TotalSeconds);
        Assert.Equal(file == "boot-1 {0}" ? 120 : 600, contact.KeepAlive.TotalSeconds);
    }

    private ServerContact Contact(Func<ServerAnswer?> answer, string boot = "boot-1", int keepAlive = 120) =>
        new(_dir, boot, TimeSpan.FromSeconds(keepAlive), answer, _clock);

    private (NodeStatusReport Report, ChannelReader<string> Said) Report(
        Func<RuntimeSight?> runtime, Func<LocalChanges>? local = null, bool isEco = false,
        Func<GpuInventory>? gpus = null)
    {
        var said = Channel.CreateUnbounded<string>();
        var report = new NodeStatusReport(
            "n", _dir, Inventory(),
            new NodeStatusSources(
                _ => Task.FromResult(runtime()),
                node => said.Writer.TryWrite(JsonSerializer.Serialize(node, ModelJson.Default.NodeReport)))
            {
                Local = local ?? (() => LocalChanges.None), Gpus = gpus ?? (() => GpuInventory.None), IsEco = isEco,
            },
            _clock, NullLogger.Instance);
        return (report, said.Reader);
    }

    /// <summary>Moves the clock once the report sleeps, and returns when it sleeps again.</summary>
    private async Task PassAMinute()
    {
        await Asleep();
        _clock.Advance(TimeSpan.FromMinutes(1));
        await Asleep();
    }

    private async Task Asleep()
    {
        while (!_clock.IsAwaited)
        {
            await Task.Yield();
        }
    }

    private static NodeReport Read(string report) =>
        JsonSerializer.Deserialize(report, ModelJson.Default.NodeReport)!;

    private static Condition Ready(string report) => Read(report)
        .Status.Conditions!.Single(condition => condition.Type == "Ready");

    private static NodeInventory Inventory() => new()
    {
        Cpus = 4,
        MemoryBytes = 1 << 30,
        StorageBytes = 1 << 30,
        Address = "192.0.2.1",
        System = new NodeSystemInfo { Architecture = "arm64" },
    };
}
