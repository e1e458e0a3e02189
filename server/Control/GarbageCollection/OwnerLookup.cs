using Edge.Proto.Model;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Control.GarbageCollection;

/// <summary>An owner as it stands in the store; the object and its head are there where the owner is.</summary>
internal sealed record OwnerFound(OwnerState State, StoredObject Stored, ObjectHead? Head);

/// <summary>Finds the owners that objects name, by apiVersion, kind, name and uid.</summary>
internal sealed class OwnerLookup(SchemaCatalog catalog)
{
    /// <param name="at">The moment to look at.</param>
    /// <param name="dependent">The store key of the object that names the owner.</param>
    /// <param name="owner">The owner it names.</param>
    public OwnerFound Find(StoreSnapshot at, string dependent, OwnerReference owner)
    {
        var (group, version) = owner.ApiVersion.Split('/') is [var first, var second]
            ? (first, second)
            : ("", owner.ApiVersion);
        if (catalog.FindKind(group, version, owner.Kind) is not { Plural.Length: > 0 } schema)
        {
            return new OwnerFound(OwnerState.Unknown, default, null);
        }

        var ns = StoreKeys.Parts(dependent).Namespace;
        if (schema.Namespaced && ns is null)
        {
            return new OwnerFound(OwnerState.OutOfReach, default, null);
        }

        var key = StoreKeys.For(schema.Group, schema.Plural, schema.Namespaced ? ns : null, owner.Name);
        if (at.Get(key) is not { } stored)
        {
            return new OwnerFound(OwnerState.Absent, default, null);
        }

        // What cannot be read is there all the same: nothing may be deleted because of it.
        var head = ObjectHead.TryRead(stored);
        var state = head is null ? OwnerState.Unknown
            : head.Uid != owner.Uid ? OwnerState.Absent
            : head.IsBeingDeleted && GarbageCollectionPlan.DeletesDependents(head) ? OwnerState.DeletingDependents
            : OwnerState.Present;
        return new OwnerFound(state, stored, head);
    }
}
