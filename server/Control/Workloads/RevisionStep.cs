namespace Edge.Server.Control.Workloads;

/// <summary>One thing to do for the history of a workload's templates.</summary>
internal abstract record RevisionStep
{
    private RevisionStep()
    {
    }

    /// <summary>Take over a revision that nobody manages.</summary>
    internal sealed record Adopt(string Revision) : RevisionStep;

    /// <summary>Keep the present template under this name.</summary>
    internal sealed record Create(string Revision, long Number) : RevisionStep;

    /// <summary>An old template is the present one again: its revision becomes the newest.</summary>
    internal sealed record Renumber(string Revision, long Number) : RevisionStep;

    /// <summary>Delete a revision that no history needs.</summary>
    internal sealed record Delete(string Revision) : RevisionStep;
}
