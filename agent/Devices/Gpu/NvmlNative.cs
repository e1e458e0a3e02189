using System.Runtime.InteropServices;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// NVML's numbers and structures by their C meaning: nothing here has a meaning of ours. Sizes and offsets are held by
/// a test; functions are called by their export names (<see cref="NvmlLibrary"/>).
/// </summary>
internal static class NvmlNative
{
    public const string Library = "libnvidia-ml.so.1";

    public const int Success = 0;
    public const int NotSupported = 3;
    public const int NoPermission = 4;
    public const int InsufficientSize = 7;
    public const int DriverNotLoaded = 9;
    public const int Timeout = 10;
    public const int FunctionNotFound = 13;
    public const int GpuIsLost = 15;
    public const int ResetRequired = 16;
    public const int VersionMismatch = 18;

    public const uint NotApplicable = 0xFFFF_FFFF;
    public const ulong SingleBitEcc = 0x1;
    public const ulong DoubleBitEcc = 0x2;
    public const ulong XidCritical = 0x8;
    public const ulong GpuUnavailable = 0x4000;
    public const ulong GpuRecoveryAction = 0x8000;

    public const int LinksMax = 36;
    public const int P2PNvLink = 2;
    public const int VirtualizationVgpu = 2;
    public const uint MemoryTemperatureField = 82;
    public const uint CorrectedRowsField = 142;
    public const uint UncorrectedRowsField = 143;
    public const uint FailedRowsField = 145;
    public const uint RecoveryActionField = 230;
    public const uint SmClock = 1;
    public const uint MemoryClock = 2;
    public const uint MemoryV2Version = 0x0200_0028;

    /// <summary>nvmlMemory_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Memory
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }

    /// <summary>nvmlMemory_v2_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MemoryV2
    {
        public uint Version;
        public ulong Total;
        public ulong Reserved;
        public ulong Free;
        public ulong Used;
    }

    /// <summary>nvmlPciInfo_t of nvmlDeviceGetPciInfo_v3.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct Pci
    {
        public fixed byte LegacyId[16];
        public uint Domain;
        public uint Bus;
        public uint Device;
        public uint DeviceId;
        public uint SubsystemId;
        public fixed byte Id[32];
    }

    /// <summary>nvmlUtilization_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Load
    {
        public uint Gpu;
        public uint Memory;
    }

    /// <summary>nvmlDeviceAttributes_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Attributes
    {
        public uint Processors;
        public uint CopyEngines;
        public uint Decoders;
        public uint Encoders;
        public uint Jpeg;
        public uint Ofa;
        public uint GpuSlices;
        public uint ComputeSlices;
        public ulong Mebibytes;
    }

    /// <summary>nvmlFieldValue_t; the value is a union of 8 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Field
    {
        public uint Id;
        public uint Scope;
        public long Timestamp;
        public long Latency;
        public uint Type;
        public int Return;
        public ulong Value;
    }

    /// <summary>nvmlEventData_t.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Event
    {
        public nint Device;
        public ulong Type;
        public ulong Data;
        public uint GpuInstance;
        public uint ComputeInstance;
    }

    /// <summary>
    /// The name that NVIDIA gives a code, without its prefix; the number of one that is not met here.
    /// </summary>
    public static string NameOf(int code) => code switch
    {
        1 => "UNINITIALIZED",
        2 => "INVALID_ARGUMENT",
        NotSupported => "NOT_SUPPORTED",
        NoPermission => "NO_PERMISSION",
        6 => "NOT_FOUND",
        DriverNotLoaded => "DRIVER_NOT_LOADED",
        Timeout => "TIMEOUT",
        FunctionNotFound => "FUNCTION_NOT_FOUND",
        GpuIsLost => "GPU_IS_LOST",
        ResetRequired => "RESET_REQUIRED",
        17 => "OPERATING_SYSTEM",
        VersionMismatch => "LIB_RM_VERSION_MISMATCH",
        25 => "ARGUMENT_VERSION_MISMATCH",
        27 => "NOT_READY",
        28 => "GPU_NOT_FOUND",
        999 => "UNKNOWN",
        _ => $"error {code}",
    };
}
