using System.Text;
using Edge.Agent.Devices.Gpu;
using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>What the child answers, asked in this process.</summary>
internal static class Looking
{
    public static GpuInventory At(StubGpus machine, bool withCuda = false) => Lines(machine, withCuda)[^1];

    public static string Text(GpuInventory gpus) => Encoding.UTF8.GetString(GpuJson.Bytes(gpus, readings: true));

    /// <summary>A line for each source that was asked.</summary>
    public static IReadOnlyList<GpuInventory> Lines(StubGpus machine, bool withCuda)
    {
        using var output = new MemoryStream();
        string[] arguments = [GpuChild.Probe, machine.Root, machine.Root];
        Assert.Equal(0, GpuChild.Run(withCuda ? [.. arguments, GpuChild.WithCuda] : arguments, () => output));
        return
        [
            .. from line in Encoding.UTF8.GetString(output.ToArray()).Split('\n')
               where line.Length > 0
               select GpuJson.Read(Encoding.UTF8.GetBytes(line)),
        ];
    }
}
