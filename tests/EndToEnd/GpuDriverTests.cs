using System.Diagnostics;
using System.Text;
using Edge.Proto.Model;
using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.EndToEnd;

/// <summary>What <c>edge-agent probe</c> says of a driver that is not as it should be, without any fleet.</summary>
public sealed class GpuDriverTests : IDisposable
{
    private readonly StubGpus _machine = new();

    public void Dispose() => _machine.Dispose();

    [SkippableFact]
    public async Task A_driver_that_is_newer_than_its_library_is_told_in_words()
    {
        Fleet.Require();
        _machine.Fixture = StubGpus.Machine(2) + "return nvmlInit_v2 18\n";
        var problem = (await Probe()).Problem!;
        Assert.Equal("DriverLibraryMismatch", problem.Reason);
        Assert.Contains("restart", problem.Message);
    }

    [SkippableFact]
    public async Task A_driver_that_hangs_is_told_after_half_a_minute_and_leaves_nobody_behind()
    {
        Fleet.RequireTime();
        _machine.Fixture = StubGpus.Machine(2) + "hang nvmlInit_v2\n";
        var since = Stopwatch.StartNew();
        Assert.Equal(
            new GpuProblem("DriverDoesNotAnswer", "the NVIDIA driver does not answer within 30 s"),
            (await Probe()).Problem);
        Assert.InRange(since.Elapsed.TotalSeconds, 29, 40);
        Assert.Empty(Machine.ProcessesNaming(_machine.Root));
    }

    private async Task<GpuInventory> Probe()
    {
        var answer = await Tool.Run(
            Fleet.AgentBinary, "probe", "-o", "json", "--nvidia-driver-root", _machine.Root,
            "--system-root", _machine.Root);
        return GpuJson.Read(Encoding.UTF8.GetBytes(answer.Output));
    }
}
