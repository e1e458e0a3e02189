using System.Runtime.InteropServices;

namespace Edge.Agent;

/// <summary>
/// The machine's clocks; timestamps count on while it sleeps (clock_gettime, CLOCK_BOOTTIME). A lease runs out in a
/// suspended machine too, and .NET's own timestamps stand still there.
/// </summary>
internal sealed partial class BootClock : TimeProvider
{
    public static readonly BootClock Instance = new();

    private const int ClockBoottime = 7;

    private const long NanosecondsPerSecond = 1_000_000_000;

    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <summary>Nanoseconds since the machine was started.</summary>
    public override long GetTimestamp() => clock_gettime(ClockBoottime, out var time) == 0
        ? (time.Seconds * NanosecondsPerSecond) + time.Nanoseconds
        : throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out Timespec time);

    /// <summary>struct timespec: two words of the machine.</summary>
    private readonly struct Timespec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
