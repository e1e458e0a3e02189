using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// What a deletion does to dependents: an owner deleted in the foreground goes after those that block it, those of one
/// that lets them go stay and forget it, and at rest nobody belongs to what is gone.
/// </summary>
internal sealed class DeletionBounds
{
    private const string Pods = "/registry/core/pods/";

    private readonly List<Pending> _pending = [];

    /// <summary>Dependents that were let go, by uid; nobody may delete one before somebody takes it over.</summary>
    private readonly Dictionary<string, string> _left = [];

    /// <summary>How many owners went whose dependents were looked at.</summary>
    public int Judged { get; private set; }

    public async Task<DeleteOutcome> Delete<T>(
        SimApi api, ResourceKind<T> kind, string name, Propagation propagation) where T : class
    {
        var key = kind.KeyOf("default", name);
        var uid = HeadOf(api.Objects.Store, key)?.Uid;
        var outcome = await api.Delete(kind, name, propagation);
        if (uid is not null)
        {
            // Who asks again may want something else.
            _pending.RemoveAll(pending => pending.Uid == uid);
            _pending.Add(new Pending(key, uid, propagation));
        }

        return outcome;
    }

    public void Check(Objects objects)
    {
        foreach (var pending in _pending.ToList())
        {
            if (HeadOf(objects.Store, pending.Key)?.Uid == pending.Uid)
            {
                pending.Dependents = [.. Dependents(objects.Store, pending.Uid)];
                continue;
            }

            _pending.Remove(pending);
            Judged++;
            if (pending.Propagation == Propagation.Foreground)
            {
                var left = Dependents(objects.Store, pending.Uid).FirstOrDefault(dependent => dependent.Blocks);
                Assert.True(left is null, $"{pending.Key} went before {left?.Key}");
            }
            else if (pending.Propagation == Propagation.Orphan)
            {
                CheckLeft(objects, pending);
            }
        }

        foreach (var (uid, key) in _left.ToList())
        {
            var head = HeadOf(objects.Store, key);
            Assert.True(head?.Uid == uid, $"{key} was to stay");
            if (head!.Owners.Count > 0)
            {
                _left.Remove(uid);
            }
        }
    }

    /// <summary>At rest: whoever has an owner has one that is there.</summary>
    public void CheckSettled(Objects objects)
    {
        Assert.Empty(_pending);
        var there = new HashSet<string>();
        var heads = new List<(string Key, ObjectHead Head)>();
        foreach (var stored in objects.Store.Current.Range(StoreKeys.All))
        {
            if (ObjectHead.TryRead(stored) is { } head)
            {
                there.Add(head.Uid);
                heads.Add((stored.Key, head));
            }
        }

        foreach (var (key, head) in heads)
        {
            Assert.All(head.Owners, owner => Assert.True(
                there.Contains(owner.Uid), $"{key} belongs to {owner.Kind} {owner.Name}, which is gone"));
        }
    }

    /// <summary>Whoever is there has forgotten the owner; only pods go, with their nodes.</summary>
    private void CheckLeft(Objects objects, Pending pending)
    {
        var still = Dependents(objects.Store, pending.Uid).FirstOrDefault();
        Assert.True(still is null, $"{still?.Key} still belongs to {pending.Key}, which is gone");
        foreach (var dependent in pending.Dependents.Where(dependent => !dependent.Goes))
        {
            Assert.True(
                HeadOf(objects.Store, dependent.Key)?.Uid == dependent.Uid
                || (dependent.Node is { Length: > 0 } node
                    && (objects.Get(Resources.Nodes, null, node) is not { } there || !NodeReach.IsThere(there))),
                $"{dependent.Key} went with {pending.Key}");
            if (dependent.Node is null)
            {
                _left[dependent.Uid] = dependent.Key;
            }
        }
    }

    private static ObjectHead? HeadOf(ObjectStore store, string key) =>
        store.Get(key) is { } stored ? ObjectHead.TryRead(stored) : null;

    private static IEnumerable<Dependent> Dependents(ObjectStore store, string owner)
    {
        foreach (var stored in store.Current.Range(StoreKeys.All))
        {
            if (ObjectHead.TryRead(stored) is { } head
                && head.Owners.FirstOrDefault(reference => reference.Uid == owner) is { } reference)
            {
                var node = stored.Key.StartsWith(Pods, StringComparison.Ordinal)
                    ? Objects.Read(Resources.Pods, stored).Spec.NodeName ?? ""
                    : null;
                yield return new Dependent(
                    stored.Key, head.Uid, head.IsBeingDeleted, reference.BlockOwnerDeletion == true, node);
            }
        }
    }

    /// <param name="Key">Of the store.</param>
    /// <param name="Uid">Which of that name.</param>
    /// <param name="Goes">It is being deleted.</param>
    /// <param name="Blocks">The owner is to wait for it.</param>
    /// <param name="Node">Of a pod; empty before it has one, null of what is no pod.</param>
    private sealed record Dependent(string Key, string Uid, bool Goes, bool Blocks, string? Node);

    private sealed class Pending(string key, string uid, Propagation propagation)
    {
        public string Key { get; } = key;

        public string Uid { get; } = uid;

        public Propagation Propagation { get; } = propagation;

        public IReadOnlyList<Dependent> Dependents { get; set; } = [];
    }
}
