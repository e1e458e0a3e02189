using System.Runtime.InteropServices;

namespace Edge.Server;

/// <summary>
/// Gives back what a burst of work leaves in the heap, once it is quiet again: an idle server would never collect it.
/// </summary>
internal sealed partial class ResidentMemory : IDisposable
{
    /// <summary>
    /// Allocated within an interval: heartbeats of a thousand nodes stay below, a rollout of ten pods is above.
    /// </summary>
    private const long QuietBytes = 8 * 1024 * 1024;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    private readonly ITimer _timer;
    private long _allocated;
    private bool _wasBusy = true;

    public ResidentMemory(TimeProvider clock) =>
        _timer = clock.CreateTimer(_ => Look(), null, s_interval, s_interval);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var busy = allocated - _allocated >= QuietBytes;
        _allocated = allocated;
        if (!busy && _wasBusy)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _ = malloc_trim(0);
        }

        _wasBusy = busy;
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
