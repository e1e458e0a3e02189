using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Control.GarbageCollection;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Tests.Server.Control.GarbageCollection;

/// <summary>
/// Random graphs of owners, cycles included, random deletions, a collector that lags and is killed: what must never
/// happen is looked for after each of its steps, what must be true at the end when it has settled.
/// </summary>
public sealed class CollectorPropertyTests
{
    private const int Steps = 120;
    private const string Hold = "ex.io/hold";

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_with_an_owner_goes_and_nothing_without_one_stays(int seed)
    {
        await using var run = new Run(seed);
        await run.World.Start();
        for (var step = 0; step < Steps; step++)
        {
            await run.Act();
        }

        await run.ReleaseAll();
        await run.Settle();
        run.AssertSettled();
    }

    public static TheoryData<int> Seeds() =>
        [.. Enumerable.Range(1, int.Parse(Environment.GetEnvironmentVariable("EDGE_SEEDS") ?? "40"))];

    /// <summary>One seed's life. Objects are known by key; uids are never used twice.</summary>
    private sealed class Run(int seed) : IAsyncDisposable
    {
        private static readonly string[] _keys =
        [
            .. from resource in new[] { "configmaps/a/", "configmaps/b/", "secrets/a/", "nodes/" }
               from name in "123" select $"/registry/core/{resource}{name}",
        ];

        private readonly Random _random = new(seed);
        private readonly OwnerLookup _lookup = new(SchemaCatalog.Default);
        private readonly List<(string Uid, string Key)> _born = [];

        /// <summary>Dependent's and owner's uid → whether the tie was there when the owner was last orphaned.</summary>
        private readonly HashSet<(string Dependent, string Owner)> _orphaned = [];

        private int _uid;

        public CollectorWorld World { get; } = new();

        public ValueTask DisposeAsync() => World.DisposeAsync();

        public async Task Act()
        {
            var key = _keys[_random.Next(_keys.Length)];
            switch (_random.Next(10))
            {
                case < 3 when World.Store.Get(key) is null:
                    await World.Put(key, New(key));
                    break;
                case < 3:
                    await Change(key, tree => tree["metadata"]!["ownerReferences"] = Owners(key));
                    break;
                case 3:
                    await Change(key, tree => tree["metadata"]!.AsObject().Remove("finalizers"));
                    break;
                case 4 or 5:
                    await Delete(key);
                    break;
                case 6 when _random.Next(4) == 0:
                    await World.Start();
                    break;
                default:
                    await Collect();
                    break;
            }
        }

        /// <summary>Nobody holds anything any more but the collector.</summary>
        public async Task ReleaseAll()
        {
            foreach (var key in _keys)
            {
                await Change(key, tree =>
                {
                    var left = tree["metadata"]!["finalizers"]?.AsArray()
                        .Where(entry => entry!.ToString() != Hold).Select(entry => entry!.DeepClone()).ToArray();
                    tree["metadata"]!["finalizers"] = left is { Length: > 0 } ? new JsonArray(left) : null;
                });
            }
        }

        public async Task Settle()
        {
            await World.SeeAll();
            for (var syncs = 0; World.Pending.Count > 0; syncs++)
            {
                Assert.True(syncs < 10_000, $"it does not settle:\n{Dump()}");
                await CheckedSync(_random.Next(World.Pending.Count));
                await World.SeeAll();
            }
        }

        public void AssertSettled()
        {
            var at = World.Store.Current;
            foreach (var key in _keys)
            {
                if (at.Get(key) is not { } stored)
                {
                    continue;
                }

                var head = ObjectHead.TryRead(stored)!;
                Assert.False(head.IsBeingDeleted, $"{key} is held for ever:\n{Dump()}");
                var states = States(at, key, head);
                if (!states.Contains(OwnerState.OutOfReach))
                {
                    Assert.All(states, state => Assert.True(state == OwnerState.Present, $"{key}:\n{Dump()}"));
                }
            }
        }

        /// <summary>The collector may hear of what happened, and works on some of it, in any order.</summary>
        private async Task Collect()
        {
            if (_random.Next(2) == 0)
            {
                await World.SeeAll();
            }

            for (var i = _random.Next(4); i > 0 && World.Pending.Count > 0; i--)
            {
                await CheckedSync(_random.Next(World.Pending.Count));
            }
        }

        private async Task CheckedSync(int pending)
        {
            var before = World.Store.Current;
            var worked = World.Pending[pending];
            await World.Sync(pending);
            var after = World.Store.Current;
            foreach (var key in _keys)
            {
                if (before.Get(key) is { } old && ObjectHead.TryRead(old) is { IsBeingDeleted: false } head
                    && (after.Get(key) is not { } now || ObjectHead.TryRead(now)!.IsBeingDeleted))
                {
                    Assert.Equal(worked, key);
                    Assert.DoesNotContain(OwnerState.Present, States(before, key, head));
                    Assert.DoesNotContain(OwnerState.OutOfReach, States(before, key, head));
                    Assert.All(head.Owners, owner => Assert.DoesNotContain((head.Uid, owner.Uid), _orphaned));
                }
            }
        }

        private List<OwnerState> States(StoreSnapshot at, string key, ObjectHead head) =>
            [.. head.Owners.Select(owner => _lookup.Find(at, key, owner).State)];

        private async Task Delete(string key)
        {
            if (World.Store.Get(key) is not { } stored)
            {
                return;
            }

            Propagation? policy = _random.Next(4) is var choice and < 3 ? (Propagation)choice : null;
            await World.Objects.TryDelete(stored, new DeletionWish(Propagation: policy), [], default);
            var uid = ObjectHead.TryRead(stored)!.Uid;
            _orphaned.RemoveWhere(tie => tie.Owner == uid);
            if (World.Store.Get(key) is { } left && ObjectHead.TryRead(left)!.Finalizers.Contains("orphan"))
            {
                var at = World.Store.Current;
                foreach (var dependent in at.Range("/registry/core/"))
                {
                    var head = ObjectHead.TryRead(dependent)!;
                    if (head.Owners.Any(owner => owner.Uid == uid
                        && _lookup.Find(at, dependent.Key, owner).State == OwnerState.Present))
                    {
                        _orphaned.Add((head.Uid, uid));
                    }
                }
            }
        }

        private Task<UpdateOutcome> Change(string key, Action<JsonObject> change) => World.Objects.Update(key, tree =>
        {
            var uid = tree["metadata"]!["uid"]!.ToString();
            change(tree);
            _orphaned.RemoveWhere(tie => tie.Dependent == uid || tie.Owner == uid);
            return tree;
        }, default);

        private JsonObject New(string key)
        {
            var uid = $"uid-{++_uid}";
            var (_, resource, ns, name) = StoreKeys.Parts(key);
            var metadata = new JsonObject { ["name"] = name, ["uid"] = uid };
            if (ns is not null)
            {
                metadata["namespace"] = ns;
            }

            if (_random.Next(4) == 0)
            {
                metadata["finalizers"] = new JsonArray(_random.Next(4) switch
                {
                    0 => Deletion.OrphanFinalizer,
                    1 => Deletion.ForegroundFinalizer,
                    _ => Hold,
                });
            }

            metadata["ownerReferences"] = Owners(key);
            _born.Add((uid, key));
            return new JsonObject { ["apiVersion"] = "v1", ["kind"] = KindOf(resource), ["metadata"] = metadata };
        }

        /// <summary>Up to three of all that ever lived, the young preferred; itself among them.</summary>
        private JsonArray? Owners(string key)
        {
            var owners = new JsonArray();
            for (var i = _random.Next(4); i > 0 && _born.Count > 0; i--)
            {
                var (uid, ownerKey) = _born[Math.Max(_random.Next(_born.Count), _random.Next(_born.Count))];
                var (_, resource, ns, name) = StoreKeys.Parts(ownerKey);
                if (owners.Any(owner => owner!["uid"]!.ToString() == uid)
                    || (ns is not null && StoreKeys.Parts(key).Namespace is null && _random.Next(8) > 0))
                {
                    continue;
                }

                owners.Add((JsonNode)new JsonObject
                {
                    ["apiVersion"] = "v1", ["kind"] = KindOf(resource), ["name"] = name, ["uid"] = uid,
                    ["blockOwnerDeletion"] = _random.Next(3) > 0,
                });
            }

            return owners.Count > 0 ? owners : null;
        }

        private static string KindOf(string resource) => resource switch
        {
            "configmaps" => "ConfigMap",
            "secrets" => "Secret",
            _ => "Node",
        };

        private string Dump()
        {
            var text = new StringBuilder();
            foreach (var stored in World.Store.List("/registry/").Items)
            {
                text.Append(Encoding.UTF8.GetString(stored.Value.Span)).Append('\n');
            }

            return text.ToString();
        }
    }
}
