using Edge.Agent.Devices.Gpu;
using Edge.Agent.Network;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Network;

/// <summary>
/// What a program that has ended leaves behind in the agent, which starts one for every pod and every look at GPUs.
/// Runs when the other tests are over, because it counts what the whole process has open.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
[Collection(Name)]
public sealed class ProgramRunTests
{
    private const string Name = "counted alone";
    private const int Times = 30;

    private static readonly IReadOnlyDictionary<string, string> s_nothing = new Dictionary<string, string>();

    [Fact]
    public Task A_program_that_ended_leaves_no_pipe_open() => LeavesNoPipe(async () =>
        await new ProgramRun(TimeProvider.System).Run("/bin/cat", [], "text", s_nothing, default));

    [Fact]
    public async Task A_program_that_ends_without_reading_tells_how_it_ended()
    {
        var result = await new ProgramRun(TimeProvider.System).Run(
            "/bin/sh", ["-c", "exec 0<&-; echo said; exit 3"], new string('x', 1 << 20), s_nothing, default);

        Assert.Equal((3, "said\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task A_look_at_the_GPUs_leaves_no_pipe_open()
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(1) };
        var settings = new GpuSettings
        {
            Program = ["/bin/echo"], DriverRoot = machine.Root, SystemRoot = machine.Root,
        };
        await LeavesNoPipe(() => new GpuProbe(settings, TimeProvider.System).Look(withCuda: false, default));
    }

    /// <summary>
    /// The collector closes what nobody closed, at some time: only what is left open before it came can be seen.
    /// </summary>
    private static async Task LeavesNoPipe(Func<Task> run)
    {
        await run();
        var before = Pipes();
        for (var time = 0; time < Times; time++)
        {
            await run();
        }

        Assert.InRange(Pipes() - before, int.MinValue, Times / 2);
    }

    private static int Pipes() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Count(descriptor => new FileInfo(descriptor).LinkTarget is { } target
            && (target.StartsWith("pipe:", StringComparison.Ordinal)
                || target.StartsWith("socket:", StringComparison.Ordinal)));
}
