using Edge.Server.Store;

namespace Edge.Tests.Server.Store.Model;

/// <summary>
/// One random life of a store, with restarts and power cuts in it, beside the model. Transactions are handed over
/// without waiting, so that they gather in batches; their order is that of the hand-over, which makes every answer
/// known in advance.
/// </summary>
internal sealed class StoreModelRun : IAsyncDisposable
{
    private const int WatchesMax = 12;

    /// <summary>Minutes in one life: fewer than an Event lives, because the model knows no expiry.</summary>
    private const int MinutesMax = 40;

    private static readonly string[] s_prefixes =
    [
        StoreKeys.Prefix("", "configmaps", "a"), StoreKeys.Prefix("", "secrets", "a"),
        StoreKeys.Prefix("", "events", "a"), StoreKeys.Prefix("coordination.k8s.io", "leases", "kube-node-lease"),
    ];

    private readonly Random _random;
    // Without checkpoints the log only grows, so that copying it while it is written is what a power cut leaves.
    private readonly StoreFixture _fixture = new(checkpointPages: 0);
    private readonly StoreModel _model;
    private readonly List<(Task<TxnResult> Real, TxnResult Expected)> _pending = [];
    private readonly List<ModelWatch> _watches = [];
    private long _acknowledged;
    private int _minutes;
    private (string Path, IReadOnlyList<StoredObject> Objects)? _backup;

    public StoreModelRun(int seed)
    {
        _random = new Random(seed);
        _model = new StoreModel(_fixture.Store.Revision);
        _acknowledged = _model.Revision;
    }

    /// <summary>Watches that fell behind, restarts and restored backups: without them a run proves little.</summary>
    public (int Compacted, int Restarts, int Restores) Counts { get; private set; }

    private ObjectStore Store => _fixture.Store;

    public async Task Step()
    {
        switch (_random.Next(100))
        {
            case < 50:
                Write();
                break;
            case < 60:
                await Settle();
                break;
            case < 68:
                Read();
                break;
            case < 74:
                await Open();
                break;
            case < 92 when _watches.Count > 0:
                await Follow(_watches[_random.Next(_watches.Count)], _random.Next(1, 20));
                break;
            case < 95 when _minutes < MinutesMax:
                _minutes++;
                _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
                break;
            case 95:
                Flood();
                break;
            case 96 when _watches.Count > 0:
                await Drop(_watches[_random.Next(_watches.Count)]);
                break;
            case 97:
                await Restart();
                break;
            case 98:
                await CutPower();
                break;
            case 99:
                await (_backup is { } backup ? Restore(backup.Path, backup.Objects) : BackUp());
                break;
        }
    }

    /// <summary>Everything is answered, every watch has seen everything, and the store is the model.</summary>
    public async Task Finish()
    {
        await Settle();
        foreach (var watch in _watches.ToList())
        {
            await Follow(watch, int.MaxValue);
        }

        Read();
        Assert.Equal(_model.Revision, Store.Revision);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watch in _watches)
        {
            await watch.DisposeAsync();
        }

        await _fixture.DisposeAsync();
    }

    private void Write()
    {
        var ops = Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Op(Key(), _random.Next(1500))).ToList();
        var compares = Enumerable.Range(0, _random.Next(3)).Select(_ => Guess(Key())).ToList();
        Submit(compares, ops);
    }

    private void Submit(IReadOnlyList<Compare> compares, IReadOnlyList<StoreOp> ops) =>
        _pending.Add((Store.Txn(compares, ops, default), _model.Apply(compares, ops)));

    /// <summary>More than the window holds, so that whoever has not kept up falls out.</summary>
    private void Flood()
    {
        for (var i = 0; i < 9; i++)
        {
            var value = new byte[WatchHub.WindowBytes / 8];
            _random.NextBytes(value.AsSpan(0, 64));
            Submit([], [StoreOp.Put(Key(memoryOnly: true), value)]);
        }
    }

    private async Task Settle()
    {
        foreach (var (real, expected) in _pending)
        {
            Same.Results(expected, await real);
        }

        _pending.Clear();
        _acknowledged = _model.Revision;
    }

    /// <summary>One moment, whole: never half a transaction, never older than what was acknowledged.</summary>
    private void Read()
    {
        var prefix = Prefix();
        var list = Store.List(prefix);
        Assert.InRange(list.Revision, _acknowledged, _model.Revision);
        Assert.True(_model.IsBetweenTransactions(list.Revision), "half a transaction was seen");
        Same.Lists(_model.At(list.Revision, prefix), list.Items);

        var (key, snapshot) = (Key(), Store.Current);
        Assert.InRange(snapshot.Revision, list.Revision, _model.Revision);
        Same.Objects(
            _model.At(snapshot.Revision, key).Where(stored => stored.Key == key).Cast<StoredObject?>().FirstOrDefault(),
            snapshot.Get(key));
    }

    private async Task Open()
    {
        if (_watches.Count == WatchesMax)
        {
            await Drop(_watches[0]);
        }

        var from = _random.Next(4) == 0
            ? _acknowledged
            : _random.NextInt64(_model.Start - 1, _acknowledged + 1);
        _watches.Add(new ModelWatch(Store, _model, _random.Next(3) == 0 ? Key() : Prefix(), from));

        await using var early = Store.Watch(Prefix(), _model.Revision + 1, default).GetAsyncEnumerator();
        var told = await Assert.ThrowsAsync<StoreException>(async () => await early.MoveNextAsync());
        Assert.Equal(StoreReason.FutureRevision, told.Reason);
    }

    private async Task Follow(ModelWatch watch, int steps)
    {
        for (var i = 0; i < steps && await watch.Take(_acknowledged); i++)
        {
        }

        if (watch.IsCompacted)
        {
            Counts = Counts with { Compacted = Counts.Compacted + 1 };
            await Drop(watch);
        }
    }

    private async Task Drop(ModelWatch watch)
    {
        _watches.Remove(watch);
        await watch.DisposeAsync();
    }

    private async Task Restart()
    {
        await Settle();
        await _fixture.Reopen();
        await Begin(_model.Revision);
    }

    /// <summary>What was acknowledged is there, whole batches of the rest are or are not.</summary>
    private async Task CutPower()
    {
        await _fixture.CutPower();
        var survived = Store.Revision - StoreWriter.StartJump;
        Assert.True(_model.IsBetweenTransactions(survived), "half a transaction survived");
        Same.Lists(Durable(_acknowledged, survived), Store.List("").Items);
        await Begin(survived);
    }

    private async Task BackUp()
    {
        await Settle();
        var path = _fixture.Path + ".backup";
        await Store.BackUp(path, default);
        _backup = (path, OnDisk(_model.Revision));
    }

    /// <summary>However often, and from however long ago: revisions only grow.</summary>
    private async Task Restore(string path, IReadOnlyList<StoredObject> objects)
    {
        await Settle();
        await _fixture.Restore(path);

        // A restore says so in the store; at a revision of its own, as any write.
        var mark = Store.Get(StoreRestore.MarkKey)!.Value;
        Assert.True(mark.Revision > _model.Revision, "the restore's own word has a revision that was used");
        _model.Replace(
        [
            .. objects.Where(stored => stored.Key != mark.Key).Append(mark)
                .OrderBy(stored => stored.Key, StringComparer.Ordinal),
        ]);
        Counts = Counts with { Restores = Counts.Restores + 1 };
        await Begin(_model.Revision);
    }

    /// <summary>
    /// The disk's objects at the cut. What changes in memory only moves the counter when something durable follows, so
    /// the counter may be behind what was acknowledged, but not by a durable change.
    /// </summary>
    private List<StoredObject> Durable(long acknowledged, long survived)
    {
        var then = OnDisk(survived);
        if (survived < acknowledged)
        {
            Same.Lists(OnDisk(acknowledged), then);
        }

        return then;
    }

    private List<StoredObject> OnDisk(long revision) =>
        [.. _model.At(revision, "").Where(stored => !StoreKeys.IsMemoryOnly(stored.Key))];

    private async Task Begin(long survived)
    {
        Assert.True(Store.Revision > _model.Revision, "a revision could come twice");
        foreach (var watch in _watches.ToList())
        {
            await watch.End();
            await Drop(watch);
        }

        _pending.Clear();
        _model.Restart(survived, Store.Revision);
        Same.Lists(_model.At(_model.Start, ""), Store.List("").Items);
        (_acknowledged, _minutes) = (_model.Revision, 0);
        Counts = Counts with { Restarts = Counts.Restarts + 1 };
    }

    private StoreOp Op(string key, int size)
    {
        if (_random.Next(4) == 0)
        {
            return StoreOp.Delete(key);
        }

        var value = new byte[size];
        _random.NextBytes(value);
        return StoreOp.Put(key, value);
    }

    /// <summary>Mostly right, at times old, absent or never true.</summary>
    private Compare Guess(string key)
    {
        var now = _model.At(_model.Revision, key).Where(stored => stored.Key == key).Sum(stored => stored.Revision);
        return new Compare(key, _random.Next(10) switch
        {
            < 7 => now,
            7 => 0,
            8 => Math.Max(0, now - 1),
            _ => _model.Revision,
        });
    }

    private string Prefix() =>
        _random.Next(s_prefixes.Length + 1) is var i && i < s_prefixes.Length ? s_prefixes[i] : StoreKeys.All;

    private string Key(bool memoryOnly = false) =>
        s_prefixes[memoryOnly ? _random.Next(2, 4) : _random.Next(4)] + (char)('a' + _random.Next(6));
}
