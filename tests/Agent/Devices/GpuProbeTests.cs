using Edge.Agent.Devices.Gpu;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>The look in a process of its own, with drivers that break whoever asks them.</summary>
public sealed class GpuProbeTests : IDisposable
{
    private readonly StubGpus _machine = new() { Fixture = StubGpus.Machine(2) };

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task A_child_answers_and_is_gone()
    {
        var gpus = await Probe(seconds: 60).Look(withCuda: true, default);

        Assert.Equal((2, null), (gpus.Healthy, gpus.Problem));
    }

    [Fact]
    public async Task A_driver_that_hangs_is_a_problem_after_the_deadline_and_answers_again_when_it_is_mended()
    {
        _machine.Fixture = StubGpus.Machine(2) + "hang nvmlInit_v2\n";
        var probe = Probe(seconds: 1);

        var silent = await probe.Look(withCuda: true, default);
        Assert.Equal(
            (0, GpuProbe.NoAnswer, "the NVIDIA driver does not answer within 1 s"),
            (silent.Devices.Count, silent.Problem?.Reason, silent.Problem?.Message));

        _machine.Fixture = StubGpus.Machine(2);
        Assert.Equal(2, (await Probe(seconds: 60).Look(withCuda: true, default)).Healthy);
    }

    [Fact]
    public async Task What_NVML_said_counts_when_CUDA_hangs()
    {
        _machine.Fixture = StubGpus.Machine(2) + "hang cuInit\n";

        var gpus = await Probe(seconds: 3).Look(withCuda: true, default);

        Assert.Equal((2, "CudaFailed"), (gpus.Healthy, gpus.Problem?.Reason));
    }

    [Fact]
    public async Task A_driver_that_ends_its_caller_is_a_problem()
    {
        _machine.Fixture = "abort nvmlInit_v2\n";

        var gpus = await Probe(seconds: 60).Look(withCuda: true, default);

        Assert.Equal(GpuProbe.NoAnswer, gpus.Problem?.Reason);
        Assert.StartsWith("a look at the NVIDIA driver ended with ", gpus.Problem!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_that_nobody_waits_for_ends_with_its_child()
    {
        _machine.Fixture = "hang nvmlInit_v2\n";
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Probe(seconds: 60).Look(withCuda: false, stop.Token));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_problem_and_no_crash()
    {
        var probe = new GpuProbe(Settings(_machine, 1) with { Program = ["/nowhere/edge-agent"] }, TimeProvider.System);

        Assert.Equal("ProbeFailed", (await probe.Look(withCuda: false, default)).Problem?.Reason);
    }

    /// <summary>The agent as the tests' build has it beside them.</summary>
    internal static GpuSettings Settings(StubGpus machine, int seconds) => new()
    {
        Program = ["dotnet", Path.Combine(AppContext.BaseDirectory, "edge-agent.dll")],
        DriverRoot = machine.Root,
        SystemRoot = machine.Root,
        Deadline = TimeSpan.FromSeconds(seconds),
    };

    private GpuProbe Probe(int seconds) => new(Settings(_machine, seconds), TimeProvider.System);
}
