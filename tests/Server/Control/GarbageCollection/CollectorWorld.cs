using System.Text.Json.Nodes;
using Edge.Server.Control.GarbageCollection;
using Edge.Server.Schema;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control.GarbageCollection;

/// <summary>
/// A collector over a real store, driven by hand: the test says when it sees a change and which key it works on. A key
/// that it wants to see again stays pending.
/// </summary>
internal sealed class CollectorWorld : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly List<string> _pending = [];
    private GarbageCollectionController? _collector;
    private IAsyncEnumerator<FollowStep>? _steps;
    private CancellationTokenSource? _life;
    private long _seen;

    public CollectorWorld()
    {
        Objects = new Objects(_fixture.Store, _fixture.Clock, () => Guid.NewGuid().ToString());
        Events = new EventRecorder(Objects, _fixture.Clock);
    }

    public Objects Objects { get; }

    public ObjectStore Store => _fixture.Store;

    public IReadOnlyList<string> Pending => _pending;

    private EventRecorder Events { get; }

    /// <summary>A new collector, which knows nothing yet; the one before has been killed.</summary>
    public async Task Start()
    {
        await Stop();
        _life = new CancellationTokenSource();
        _collector = new GarbageCollectionController(
            Objects, SchemaCatalog.Default, Events, NullLogger<GarbageCollectionController>.Instance);
        _steps = Store.Follow(_collector.Sources.Single().Prefix, _life.Token).GetAsyncEnumerator(_life.Token);
        await Take();
    }

    public async Task Stop()
    {
        _pending.Clear();
        if (_steps is not null)
        {
            await _life!.CancelAsync();
            await _steps.DisposeAsync();
            _life.Dispose();
        }

        (_steps, _collector) = (null, null);
    }

    /// <summary>The collector hears of everything that has happened so far.</summary>
    public async Task SeeAll()
    {
        while (_steps is not null && _seen < Store.Revision)
        {
            await Take();
        }
    }

    /// <summary>It works on one key.</summary>
    public async Task Sync(int pending)
    {
        var key = _pending[pending];
        _pending.RemoveAt(pending);
        if (await _collector!.Sync(key, default) is not null)
        {
            _pending.Add(key);
        }
    }

    /// <summary>Sees and works until nothing is left; fails when that takes more than it ever should.</summary>
    public async Task Settle(int syncsMax = 10_000)
    {
        await SeeAll();
        for (var syncs = 0; _pending.Count > 0; syncs++)
        {
            Assert.True(syncs < syncsMax, $"it does not settle: {string.Join(", ", _pending.Distinct())}");
            await Sync(0);
            await SeeAll();
        }
    }

    public async Task Put(string key, JsonObject tree)
    {
        var result = await Store.Txn([], [StoreOp.Put(key, ObjectBytes.Write(tree))], default);
        Assert.IsType<TxnResult.Committed>(result);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        await _fixture.DisposeAsync();
    }

    private async Task Take()
    {
        Assert.True(await _steps!.MoveNextAsync());
        _seen = _steps.Current switch
        {
            FollowStep.Listed all => all.Listing.Revision,
            FollowStep.Changed one => one.Change.Object.Revision,
            _ => throw new InvalidOperationException("unknown step"),
        };
        foreach (var key in _collector!.Sources.Single().KeysOfStep!(_steps.Current))
        {
            if (!_pending.Contains(key))
            {
                _pending.Add(key);
            }
        }
    }
}
