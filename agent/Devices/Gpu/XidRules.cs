using System.Globalization;

namespace Edge.Agent.Devices.Gpu;

/// <summary>What follows from an event of a GPU.</summary>
internal enum GpuOutcome
{
    /// <summary>Nothing: the program that made it fails by itself.</summary>
    Ignore,

    /// <summary>The containers that have the device begin again; it is well.</summary>
    Restart,

    /// <summary>The device is given to nobody until it is well again.</summary>
    TakeOut,

    /// <summary>The driver may think otherwise of a device now: it is asked.</summary>
    Look,
}

/// <summary>
/// What each XID means: NVIDIA's device plugin's rules, with its two variables. A number in the one that enables wins
/// over all else.
/// </summary>
internal sealed class XidRules
{
    /// <summary>Errors of applications: the device plugin's own list.</summary>
    private static readonly ulong[] s_ofApplications = [13, 31, 43, 45, 68, 109];

    private readonly HashSet<ulong> _ignored = [.. s_ofApplications];
    private readonly HashSet<ulong> _taken = [];
    private readonly HashSet<ulong> _restarting = [];
    private readonly bool _ignoresAll;
    private readonly bool _takesAll;

    /// <param name="disable">DP_DISABLE_HEALTHCHECKS: <c>all</c>, <c>xids</c> or numbers with commas.</param>
    /// <param name="enable">DP_ENABLE_HEALTHCHECKS: as <paramref name="disable"/>.</param>
    /// <param name="restart">XIDs after which containers begin again, where nothing else is said of them.</param>
    public XidRules(string? disable, string? enable, IEnumerable<string> restart)
    {
        _ignoresAll = Read(disable?.Split(',') ?? [], _ignored);
        _takesAll = Read(enable?.Split(',') ?? [], _taken);
        Read(restart, _restarting);
    }

    /// <summary>By an event: only critical errors say by themselves what is to be done.</summary>
    public GpuOutcome Of(GpuEvent happened) => happened.Type switch
    {
        NvmlNative.XidCritical => Of(happened.Data),
        NvmlNative.GpuUnavailable or NvmlNative.GpuRecoveryAction => GpuOutcome.Look,
        _ => GpuOutcome.Ignore,
    };

    private GpuOutcome Of(ulong xid) =>
        _takesAll || _taken.Contains(xid) ? GpuOutcome.TakeOut
        : _restarting.Contains(xid) ? GpuOutcome.Restart
        : _ignoresAll || _ignored.Contains(xid) ? GpuOutcome.Ignore
        : GpuOutcome.TakeOut;

    /// <summary>True for all of them; as upstream a word that is no number counts for nothing.</summary>
    private static bool Read(IEnumerable<string> words, HashSet<ulong> into)
    {
        foreach (var word in words)
        {
            var small = word.Trim().ToLowerInvariant();
            if (small is "all" or "xids")
            {
                return true;
            }

            if (ulong.TryParse(small, NumberStyles.None, CultureInfo.InvariantCulture, out var xid))
            {
                into.Add(xid);
            }
        }

        return false;
    }
}
