using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// The templates that a workload has rolled out, of one moment (Kubernetes' controller history). Pure.
/// </summary>
/// <param name="All">Its revisions, those to take over included, the newest last.</param>
/// <param name="Adopt">Revisions that match and have nobody.</param>
/// <param name="New">The revision of the present template; null when there is none yet.</param>
/// <param name="NewName">The name that it has, or will have.</param>
internal sealed record RevisionHistory(
    IReadOnlyList<TemplateRevision> All, IReadOnlyList<TemplateRevision> Adopt, TemplateRevision? New, string NewName)
{
    private long Highest => All.Count > 0 ? All[^1].Number : 0;

    /// <param name="owner">The workload.</param>
    /// <param name="hash">Of its present template.</param>
    /// <param name="collisions">How often the name of a revision was another's.</param>
    /// <param name="owned">Its revisions.</param>
    /// <param name="adopt">Revisions that it is to take over.</param>
    public static RevisionHistory Of(
        ObjectMeta owner, ulong hash, int collisions, IReadOnlyList<TemplateRevision> owned,
        IReadOnlyList<TemplateRevision> adopt)
    {
        TemplateRevision[] all =
        [
            .. owned.Concat(adopt).OrderBy(revision => revision.Number)
                .ThenBy(revision => revision.Metadata.CreationTimestamp).ThenBy(revision => revision.Name),
        ];
        var fresh = Array.FindLast(
            all, revision => revision.Hash == hash && revision.Metadata.DeletionTimestamp is null);
        return new RevisionHistory(
            all, adopt, fresh, fresh?.Name ?? $"{owner.Name}-{TemplateHash.Name(hash, collisions)}");
    }

    public TemplateRevision? Find(string? name)
    {
        foreach (var revision in All)
        {
            if (revision.Name == name)
            {
                return revision;
            }
        }

        return null;
    }

    /// <summary>What keeps the history as it should be.</summary>
    /// <param name="limit">Revisions to keep besides those in use (<c>revisionHistoryLimit</c>).</param>
    /// <param name="inUse">Names of revisions that something still runs.</param>
    public IReadOnlyList<RevisionStep> Steps(int? limit, IReadOnlySet<string> inUse)
    {
        List<RevisionStep> steps = [.. Adopt.Select(revision => new RevisionStep.Adopt(revision.Name))];
        if (New is null)
        {
            steps.Add(new RevisionStep.Create(NewName, Highest + 1));
        }
        else if (New.Number < Highest)
        {
            steps.Add(new RevisionStep.Renumber(New.Name, Highest + 1));
        }

        var unused = All.Where(revision => revision != New && !inUse.Contains(revision.Name)
            && revision.Metadata.DeletionTimestamp is null).ToList();
        steps.AddRange(unused.Take(Math.Max(unused.Count - (limit ?? int.MaxValue), 0))
            .Select(revision => new RevisionStep.Delete(revision.Name)));
        return steps;
    }
}
