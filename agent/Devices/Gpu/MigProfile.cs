namespace Edge.Agent.Devices.Gpu;

/// <summary>The name of a MIG device's size, as NVIDIA's tools form it from its attributes.</summary>
internal static class MigProfile
{
    /// <summary>
    /// <c>1g.10gb</c>: slices of the GPU and its memory; <c>1c.2g.20gb</c> when it has only part of the compute slices.
    /// The memory is a number of eighths of the whole, in GB of the whole rounded up.
    /// </summary>
    public static string Of(NvmlNative.Attributes shape, long? totalBytes)
    {
        const double eighths = 8;
        var total = totalBytes ?? 0;
        var part = total > 0 ? (double)((long)shape.Mebibytes << 20) / total : 0;
        var whole = Math.Ceiling(total / (double)(1L << 30));
        var gigabytes = Math.Round(Math.Ceiling(part * eighths) / eighths * whole, MidpointRounding.AwayFromZero);
        var slices = $"{shape.GpuSlices}g.{gigabytes:0}gb";
        return shape.ComputeSlices == shape.GpuSlices ? slices : $"{shape.ComputeSlices}c.{slices}";
    }
}
