using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>Reads the revisions of a workload from the store.</summary>
internal sealed class RevisionReader(OwnedIndex<ControllerRevision> revisions)
{
    private readonly TemplateHash _hashes = new();

    /// <summary>Revisions of other workloads with the same selector are left to these.</summary>
    public RevisionHistory Read(ObjectMeta owner, LabelSelector? selector, PodTemplateSpec template, int collisions)
    {
        var adopt = owner.DeletionTimestamp is null && selector is not null
            ? revisions.Unowned(owner.Namespace!).Where(revision =>
                revision.Metadata.DeletionTimestamp is null && selector.Matches(revision.Metadata.Labels))
            : [];
        return RevisionHistory.Of(
            owner, _hashes.Of(owner, template), collisions,
            [.. revisions.OwnedBy(owner.Uid!).Select(View)], [.. adopt.Select(View)]);
    }

    private TemplateRevision View(ControllerRevision revision) =>
        new(revision, _hashes.Of(revision.Metadata, () => TemplateRevision.Read(revision)));
}
