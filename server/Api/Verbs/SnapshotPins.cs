using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// Keeps the moments that paged lists are reading, so that all pages of a list are of one moment. A page that comes
/// too late finds its moment gone (410) and may go on with the newest.
/// </summary>
internal sealed class SnapshotPins(TimeProvider time)
{
    /// <summary>Moments kept; each holds on to the objects that changed since.</summary>
    public const int PinsMax = 16;

    /// <summary>Kubernetes keeps a list's moment as long (etcd compaction).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly List<(StoreSnapshot Snapshot, DateTimeOffset Until)> _pins = [];

    public void Pin(StoreSnapshot snapshot)
    {
        lock (_gate)
        {
            DropOld();
            _pins.RemoveAll(pin => pin.Snapshot.Revision == snapshot.Revision);
            if (_pins.Count == PinsMax)
            {
                _pins.RemoveAt(0);
            }

            _pins.Add((snapshot, time.GetUtcNow() + Lifetime));
        }
    }

    public StoreSnapshot? Find(long revision)
    {
        lock (_gate)
        {
            DropOld();
            return _pins.Find(pin => pin.Snapshot.Revision == revision).Snapshot;
        }
    }

    private void DropOld()
    {
        var now = time.GetUtcNow();
        _pins.RemoveAll(pin => pin.Until <= now);
    }
}
