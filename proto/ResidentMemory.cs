using System.Globalization;
using System.Runtime.InteropServices;

namespace Edge.Proto;

/// <summary>
/// Gives back what a burst of work leaves resident, once it is quiet again: free heap pages, the C library's free
/// chunks, and pages of the program's and its libraries' files. Those stay in the page cache and come back by a minor
/// fault, so nothing is lost but the claim on memory.
/// </summary>
public sealed partial class ResidentMemory : IDisposable
{
    /// <summary>What idling itself brings back, a heartbeat and a look at the node, is less.</summary>
    private const long GrowthBytes = 2 * 1024 * 1024;

    private const int DontNeed = 4;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    private readonly ITimer _timer;
    private readonly long _quietBytes;
    private long _allocated;

    /// <summary>What was resident at the look after the last giving back; null until then.</summary>
    private long? _floor = 0;

    /// <param name="clock">Says when to look.</param>
    /// <param name="quietBytes">A process that allocates less in half a minute is quiet.</param>
    public ResidentMemory(TimeProvider clock, long quietBytes)
    {
        _quietBytes = quietBytes;
        _timer = clock.CreateTimer(_ => Look(), null, s_interval, s_interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var quiet = allocated - _allocated < _quietBytes;
        _allocated = allocated;
        if (!quiet)
        {
            _floor = 0;
            return;
        }

        if (_floor is null)
        {
            _floor = Resident();
        }
        else if (Resident() > _floor + GrowthBytes)
        {
            GiveBack();
            _floor = null;
        }
    }

    /// <summary>The second number of statm, in pages: proc(5).</summary>
    private static long Resident() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture)
            * Environment.SystemPageSize;

    private static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = malloc_trim(0);
        // All found first: every line of code that runs afterwards brings its pages back.
        var clean = new List<(nint Start, nint Length)>(CleanPages(File.ReadLines("/proc/self/smaps")));
        foreach (var (start, length) in clean)
        {
            _ = madvise(start, length, DontNeed);
        }
    }

    /// <summary>
    /// Mappings of files, the program's and its libraries', that cannot be written and hold no changed page: dropping a
    /// changed one would lose its relocations.
    /// </summary>
    public static IEnumerable<(nint Start, nint Length)> CleanPages(IEnumerable<string> smaps)
    {
        (nint Start, nint Length)? mapping = null;
        foreach (var line in smaps)
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is [var range, { Length: 4 } access, _, _, _, .. var file])
            {
                var ofFile = access is "r-xp" or "r--p" && file is [['/', ..], ..];
                mapping = ofFile ? Parse(range) : null;
            }
            else if (mapping is { } clean && fields is ["Anonymous:", "0", "kB"])
            {
                yield return clean;
                mapping = null;
            }
        }
    }

    private static (nint Start, nint Length) Parse(string range)
    {
        var ends = range.Split('-');
        var start = nint.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (start, nint.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start);
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial int madvise(nint start, nint length, int advice);
}
