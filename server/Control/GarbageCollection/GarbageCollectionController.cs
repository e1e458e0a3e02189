using Edge.Proto.Model;
using Edge.Server.Schema;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.GarbageCollection;

/// <summary>
/// Deletes objects whose owners are gone, and lets go owners that wait for their dependents. Knows no kinds: it reads
/// metadata only. Keys are store keys.
/// </summary>
internal sealed class GarbageCollectionController(
    Objects objects, SchemaCatalog catalog, EventRecorder events, ILogger<GarbageCollectionController> log)
    : IController
{
    private const string Component = "garbage-collector-controller";

    /// <summary>The watch is never longer behind the store than it takes to be scheduled.</summary>
    private static readonly TimeSpan BehindWait = TimeSpan.FromMilliseconds(20);

    /// <summary>Dependents written at once, so that they share commits of the store.</summary>
    private const int OrphansAtOnce = 64;

    private readonly OwnerIndex _index = new();
    private readonly OwnerLookup _owners = new(catalog);

    public string Name => "garbage-collector";

    public IReadOnlyList<WatchSource> Sources => [WatchSource.Indexed(StoreKeys.All, _index.Apply)];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var at = objects.Store.Current;
            if (at.Get(key) is not { } stored || ObjectHead.TryRead(stored) is not { } head)
            {
                return null;
            }

            if (!head.IsBeingDeleted)
            {
                if (await SyncOwned(at, stored, head, ct))
                {
                    return null;
                }
            }
            else if (!GarbageCollectionPlan.IsHeldForDependents(head))
            {
                return null;
            }
            else if (_index.Revision < stored.Revision)
            {
                // Dependents that were there when the deletion was asked for must be known before it is decided.
                return BehindWait;
            }
            else
            {
                await SyncHeld(at, stored, head, ct);
                return null;
            }
        }
    }

    /// <summary>False when something changed in between and the object must be looked at again.</summary>
    private async Task<bool> SyncOwned(StoreSnapshot at, StoredObject stored, ObjectHead head, CancellationToken ct)
    {
        var owners = new OwnerFound[head.Owners.Count];
        var states = new OwnerState[owners.Length];
        for (var i = 0; i < owners.Length; i++)
        {
            owners[i] = _owners.Find(at, stored.Key, head.Owners[i]);
            states[i] = owners[i].State;
            if (IsMisplaced(stored.Key, head.Owners[i], states[i]))
            {
                await TellMisplaced(stored, head, head.Owners[i], ct);
            }
        }

        switch (GarbageCollectionPlan.Decide(head, states, _index.HasDependents(head.Uid)))
        {
            case OwnedStep.Keep:
                return true;
            case OwnedStep.Forget forget:
                await objects.Update(
                    stored.Key, tree => OwnerReferences.IsUid(tree, head.Uid)
                        ? OwnerReferences.Without(tree, forget.Owners.Contains)
                        : null, ct);
                log.OwnersForgotten(stored.Key, forget.Owners.Count);
                return true;
            case OwnedStep.Delete delete:
                // An owner that stops waiting for its dependents in between must not lose them.
                var waiting = new List<Compare>();
                foreach (var owner in owners)
                {
                    var compare = new Compare(owner.Stored.Key, owner.Stored.Revision);
                    if (owner.State == OwnerState.DeletingDependents && !waiting.Contains(compare))
                    {
                        waiting.Add(compare);
                    }
                }

                var outcome = await objects.TryDelete(
                    stored, new DeletionWish(Propagation: delete.Propagation), waiting, ct);
                if (outcome is not null)
                {
                    log.Collected(stored.Key, delete.Propagation);
                }

                return outcome is not null;
            default:
                throw new InvalidOperationException("unknown step");
        }
    }

    private async Task SyncHeld(StoreSnapshot at, StoredObject stored, ObjectHead head, CancellationToken ct)
    {
        var isBlocked = _index.IsBlocked(head.Uid, stored.Key);
        switch (GarbageCollectionPlan.Decide(head, isBlocked, isBlocked && WaitsForItself(at, stored, head)))
        {
            case HeldStep.Orphan:
                foreach (var chunk in _index.DependentsOf(head.Uid).Chunk(OrphansAtOnce))
                {
                    await Task.WhenAll(chunk.Select(dependent => objects.Update(
                        dependent, tree => OwnerReferences.Without(tree, owner => owner.Uid == head.Uid), ct)));
                }

                await RemoveFinalizer(stored.Key, head, Deletion.OrphanFinalizer, ct);
                break;
            case HeldStep.Unblock:
                await objects.Update(
                    stored.Key, tree => OwnerReferences.IsUid(tree, head.Uid) ? OwnerReferences.Unblocked(tree) : null,
                    ct);
                log.CycleBroken(stored.Key);
                break;
            case HeldStep.Release:
                await RemoveFinalizer(stored.Key, head, Deletion.ForegroundFinalizer, ct);
                break;
            case HeldStep.Wait:
                break;
            default:
                throw new InvalidOperationException("unknown step");
        }
    }

    private async Task RemoveFinalizer(string key, ObjectHead head, string finalizer, CancellationToken ct)
    {
        await objects.Update(
            key, tree => OwnerReferences.IsUid(tree, head.Uid)
                ? OwnerReferences.WithoutFinalizer(tree, finalizer)
                : null,
            ct);
        log.Released(key, finalizer);
    }

    /// <summary>
    /// True when it blocks an owner that is deleted in the foreground, and so on, up to itself. The last of the cycle
    /// to be marked sees all of it; upward, because owners are few.
    /// </summary>
    private bool WaitsForItself(StoreSnapshot at, StoredObject stored, ObjectHead head)
    {
        HashSet<string> seen = [];
        Stack<(string Key, ObjectHead Head)> open = new([(stored.Key, head)]);
        while (open.TryPop(out var one))
        {
            foreach (var reference in one.Head.Owners)
            {
                if (reference.BlockOwnerDeletion != true
                    || _owners.Find(at, one.Key, reference) is not { State: OwnerState.DeletingDependents } owner)
                {
                    continue;
                }

                if (owner.Stored.Key == stored.Key)
                {
                    return true;
                }

                if (seen.Add(owner.Stored.Key))
                {
                    open.Push((owner.Stored.Key, owner.Head!));
                }
            }
        }

        return false;
    }

    /// <summary>True when the owner is in no namespace where the dependent could belong to it.</summary>
    private bool IsMisplaced(string dependent, OwnerReference owner, OwnerState state) =>
        state == OwnerState.OutOfReach
        || (state == OwnerState.Absent && _index.KeyOf(owner.Uid) is { } elsewhere
            && StoreKeys.Parts(elsewhere).Namespace is { } ns && ns != StoreKeys.Parts(dependent).Namespace);

    private Task TellMisplaced(StoredObject stored, ObjectHead head, OwnerReference owner, CancellationToken ct)
    {
        var tree = ObjectBytes.Read(stored);
        var (_, _, ns, name) = StoreKeys.Parts(stored.Key);
        var about = new ObjectReference
        {
            ApiVersion = tree["apiVersion"]?.ToString(), Kind = tree["kind"]?.ToString(), Namespace = ns, Name = name,
            Uid = head.Uid,
        };
        return events.Record(
            new EventNote(about, EventNote.Warning, "OwnerRefInvalidNamespace",
                $"ownerRef [{owner.ApiVersion}/{owner.Kind}, namespace: {ns}, name: {owner.Name}, uid: {owner.Uid}] "
                + $"does not exist in namespace \"{ns}\""),
            Component, host: null, times: 1, ct);
    }
}
