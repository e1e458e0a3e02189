using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.GarbageCollection;

/// <summary>
/// Who belongs to whom, by uid, kept by the steps of a watch of all objects, so that no change costs more than its own
/// owners and dependents. About 50 bytes an object, and 120 more one that has an owner. Events have no part in it.
/// </summary>
internal sealed class OwnerIndex
{
    private readonly Lock _gate = new();
    private Content _content = new();

    /// <summary>Everything up to this revision is in the index; 0 before the first listing.</summary>
    public long Revision
    {
        get
        {
            lock (_gate)
            {
                return _content.Revision;
            }
        }
    }

    /// <summary>Takes a step in; returns the keys of the objects to look at because of it.</summary>
    public IReadOnlyList<string> Apply(FollowStep step) => step switch
    {
        FollowStep.Listed all => Reset(all.Listing),
        FollowStep.Changed one => Apply(one.Change),
        _ => throw new InvalidOperationException($"unknown step {step}"),
    };

    /// <summary>The keys of all objects that name this owner, wherever they are.</summary>
    public IReadOnlyList<string> DependentsOf(string uid)
    {
        lock (_gate)
        {
            return _content.DependentsOf(Id(uid));
        }
    }

    public bool HasDependents(string uid)
    {
        lock (_gate)
        {
            return _content.Dependents.ContainsKey(Id(uid));
        }
    }

    /// <summary>
    /// True while an object that can belong to this one asks it to wait (blockOwnerDeletion). A namespaced owner is
    /// none for what lies outside its namespace.
    /// </summary>
    public bool IsBlocked(string uid, string ownerKey)
    {
        var (owner, ns) = (Id(uid), StoreKeys.Parts(ownerKey).Namespace);
        lock (_gate)
        {
            if (!_content.Dependents.TryGetValue(owner, out var dependents))
            {
                return false;
            }

            foreach (var key in dependents)
            {
                if (Array.Exists(_content.Edges[key], edge => edge.Owner == owner && edge.Blocks)
                    && (ns is null || StoreKeys.Parts(key).Namespace == ns))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Where the object of this uid is stored; null when there is none.</summary>
    public string? KeyOf(string uid)
    {
        lock (_gate)
        {
            return _content.Keys.GetValueOrDefault(Id(uid));
        }
    }

    private List<string> Reset(Listing listing)
    {
        var content = new Content { Revision = listing.Revision };
        List<string> keys = [];
        foreach (var stored in listing.Items)
        {
            if (!StoreKeys.IsEvent(stored.Key) && ObjectHead.TryRead(stored) is { } head)
            {
                content.Set(stored.Key, head);
                if (Concerns(head))
                {
                    keys.Add(stored.Key);
                }
            }
        }

        lock (_gate)
        {
            _content = content;
        }

        return keys;
    }

    private List<string> Apply(Change change)
    {
        var (stored, revision) = (change.Object, change.Object.Revision);
        if (StoreKeys.IsEvent(stored.Key)
            || (change.Type == ChangeType.Put && change.Previous is { } old && ObjectHead.IsSame(old, stored)))
        {
            lock (_gate)
            {
                _content.Revision = revision;
            }

            return [];
        }

        var before = change.Previous is { } previous ? ObjectHead.TryRead(previous) : null;
        var last = ObjectHead.TryRead(stored);
        lock (_gate)
        {
            _content.Revision = revision;
            return change.Type == ChangeType.Delete
                ? Leave(stored.Key, last ?? before)
                : Enter(stored.Key, before, last);
        }
    }

    /// <summary>Its dependents have lost an owner; its owners may have waited for it.</summary>
    private List<string> Leave(string key, ObjectHead? last)
    {
        var keys = _content.OwnersOf(key);
        _content.Remove(key, last);
        if (last is not null)
        {
            keys.AddRange(_content.DependentsOf(Id(last.Uid)));
        }

        return keys;
    }

    private List<string> Enter(string key, ObjectHead? before, ObjectHead? head)
    {
        List<string> keys = [];
        if (before is not null && before.Uid != head?.Uid)
        {
            keys.AddRange(Leave(key, before));
        }

        if (head is null || (before is not null && LivesAs(before, head)))
        {
            return keys;
        }

        // Whom it does not ask to wait any more may go now.
        keys.AddRange(_content.OwnersOf(key));
        _content.Set(key, head);
        if (Concerns(head))
        {
            keys.Add(key);
        }

        if (DeletesDependents(head) && (before is null || !DeletesDependents(before)))
        {
            keys.AddRange(_content.DependentsOf(Id(head.Uid)));
        }

        return keys;
    }

    /// <summary>True when labels, annotations and the like are all that changed.</summary>
    private static bool LivesAs(ObjectHead before, ObjectHead head) =>
        before.Uid == head.Uid && before.IsBeingDeleted == head.IsBeingDeleted
        && before.Finalizers.SequenceEqual(head.Finalizers) && before.Owners.SequenceEqual(head.Owners);

    private static bool Concerns(ObjectHead head) =>
        head.IsBeingDeleted
            ? GarbageCollectionPlan.IsHeldForDependents(head)
            : head.Owners.Count > 0;

    private static bool DeletesDependents(ObjectHead head) => GarbageCollectionPlan.DeletesDependents(head);

    /// <summary>A uid is a GUID nearly always; another text is as good as its hash. Texts take twice as much.</summary>
    private static UInt128 Id(string uid)
    {
        if (Guid.TryParseExact(uid, "D", out var guid))
        {
            Span<byte> bytes = stackalloc byte[16];
            guid.TryWriteBytes(bytes);
            return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(uid), hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private sealed record Edge(UInt128 Owner, bool Blocks);

    private sealed class Content
    {
        public long Revision { get; set; }

        /// <summary>Every object: uid → key.</summary>
        public Dictionary<UInt128, string> Keys { get; } = [];

        /// <summary>Objects with owners: key → owners.</summary>
        public Dictionary<string, Edge[]> Edges { get; } = [];

        /// <summary>Owner's uid → keys of what names it, whether that owner is there or not.</summary>
        public Dictionary<UInt128, HashSet<string>> Dependents { get; } = [];

        public string[] DependentsOf(UInt128 owner) =>
            Dependents.TryGetValue(owner, out var keys) ? [.. keys] : [];

        public List<string> OwnersOf(string key)
        {
            List<string> keys = [];
            foreach (var edge in Edges.GetValueOrDefault(key, []))
            {
                if (Keys.TryGetValue(edge.Owner, out var owner))
                {
                    keys.Add(owner);
                }
            }

            return keys;
        }

        public void Set(string key, ObjectHead head)
        {
            Keys[Id(head.Uid)] = key;
            RemoveEdges(key);
            if (head.Owners.Count == 0)
            {
                return;
            }

            Edges[key] = [.. head.Owners.Select(EdgeTo)];
            foreach (var edge in Edges[key])
            {
                if (!Dependents.TryGetValue(edge.Owner, out var keys))
                {
                    Dependents[edge.Owner] = keys = [];
                }

                keys.Add(key);
            }
        }

        public void Remove(string key, ObjectHead? last)
        {
            if (last is not null && Keys.GetValueOrDefault(Id(last.Uid)) == key)
            {
                Keys.Remove(Id(last.Uid));
            }

            RemoveEdges(key);
        }

        private void RemoveEdges(string key)
        {
            if (!Edges.Remove(key, out var edges))
            {
                return;
            }

            foreach (var edge in edges)
            {
                if (Dependents.TryGetValue(edge.Owner, out var keys) && keys.Remove(key) && keys.Count == 0)
                {
                    Dependents.Remove(edge.Owner);
                }
            }
        }

        private static Edge EdgeTo(OwnerReference owner) => new(Id(owner.Uid), owner.BlockOwnerDeletion == true);
    }
}
