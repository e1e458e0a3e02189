using System.Globalization;

namespace Edge.Agent.Devices.Gpu;

/// <summary>What a driver says happened to a GPU.</summary>
/// <param name="Uuid">The whole GPU's; <see cref="Unknown"/> when the driver did not say whose.</param>
/// <param name="Type">NVML's, one bit.</param>
/// <param name="Data">Of a critical error its XID; 999 when it is not known.</param>
/// <param name="GpuInstance">Of MIG; 0xFFFFFFFF when it is not about one.</param>
/// <param name="ComputeInstance">As <paramref name="GpuInstance"/>.</param>
internal sealed record GpuEvent(string Uuid, ulong Type, ulong Data, uint GpuInstance, uint ComputeInstance)
{
    public const string Unknown = "-";

    /// <summary>Those that are listened for, where the device has them.</summary>
    public const ulong Kinds = NvmlNative.XidCritical | NvmlNative.DoubleBitEcc | NvmlNative.SingleBitEcc
        | NvmlNative.GpuUnavailable | NvmlNative.GpuRecoveryAction;

    public string Line => string.Create(
        CultureInfo.InvariantCulture, $"{Uuid} {Type} {Data} {GpuInstance} {ComputeInstance}");

    /// <summary>Null when the line is no event.</summary>
    public static GpuEvent? Parse(string line) =>
        line.Split(' ') is [{ Length: > 0 } uuid, var type, var data, var gpu, var compute]
        && ulong.TryParse(type, NumberStyles.None, CultureInfo.InvariantCulture, out var kind)
        && ulong.TryParse(data, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && uint.TryParse(gpu, NumberStyles.None, CultureInfo.InvariantCulture, out var instance)
        && uint.TryParse(compute, NumberStyles.None, CultureInfo.InvariantCulture, out var part)
            ? new GpuEvent(uuid, kind, number, instance, part)
            : null;
}
