using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.Workloads;

/// <summary>Carries out what a history of templates needs.</summary>
/// <param name="objects">Where it is stored.</param>
/// <param name="revisions">Takes in what is written.</param>
/// <param name="hashLabel">The label of a revision that repeats the end of its name; each kind has its own.</param>
/// <param name="time">Stamps new revisions.</param>
internal sealed class RevisionWriter(
    Objects objects, OwnedIndex<ControllerRevision> revisions, string hashLabel, TimeProvider time)
{
    private static readonly ResourceKind<ControllerRevision> s_kind = Resources.ControllerRevisions;

    /// <summary>False when the name of a revision to be made is taken by another one.</summary>
    public async Task<bool> Do<T>(
        ResourceKind<T> kind, ObjectMeta owner, RevisionHistory history, RevisionStep step, CancellationToken ct)
    {
        switch (step)
        {
            case RevisionStep.Adopt adopt:
                var reference = Owners.Reference(kind, owner);
                var uid = history.Find(adopt.Revision)!.Metadata.Uid!;
                await Edit(owner, adopt.Revision, tree => Owners.Adopt(tree, uid, reference), ct);
                return true;
            case RevisionStep.Create create:
                return await Create(kind, owner, create, ct);
            case RevisionStep.Renumber renumber:
                await Edit(owner, renumber.Revision, tree =>
                {
                    tree["revision"] = renumber.Number;
                    return tree;
                }, ct);
                return true;
            case RevisionStep.Delete delete:
                var doomed = history.Find(delete.Revision)!.Metadata.Uid;
                await objects.RequestDelete(s_kind, owner.Namespace, delete.Revision, doomed, graceSeconds: null, ct);
                return true;
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    private async Task<bool> Create<T>(
        ResourceKind<T> kind, ObjectMeta owner, RevisionStep.Create step, CancellationToken ct)
    {
        var key = s_kind.KeyOf(owner.Namespace, step.Revision);
        var ownerKey = kind.KeyOf(owner.Namespace, owner.Name!);
        var read = long.Parse(owner.ResourceVersion!, CultureInfo.InvariantCulture);
        while (objects.OpenNamespace(owner.Namespace!) is { } open
            && objects.Store.Get(ownerKey) is { } stored && stored.Revision == read)
        {
            var tree = RevisionDraft.Of(
                owner, Owners.Reference(kind, owner), ObjectBytes.Read(stored), step, hashLabel, objects.NewUid(),
                time.GetUtcNow());
            var op = StoreOp.Put(key, ObjectBytes.Write(tree));
            switch (await objects.Store.Txn([new(key, 0), open, new(ownerKey, read)], [op], ct))
            {
                case TxnResult.Committed:
                    revisions.Look(key);
                    return true;
                case TxnResult.Conflict taken when taken.Key == key:
                    return false;
            }
        }

        // The owner has changed since it was read: it is looked at again anyway.
        return true;
    }

    private async Task Edit(
        ObjectMeta owner, string revision, Func<JsonObject, JsonObject?> change, CancellationToken ct)
    {
        await objects.Update(s_kind, owner.Namespace, revision, change, ct);
        revisions.Look(s_kind.KeyOf(owner.Namespace, revision));
    }
}
