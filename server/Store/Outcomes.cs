namespace Edge.Server.Store;

/// <summary>What became of <see cref="Objects.Update"/>.</summary>
internal abstract record UpdateOutcome
{
    private UpdateOutcome()
    {
    }

    internal sealed record Updated(long Revision) : UpdateOutcome;

    /// <summary>The change asked for nothing, or for what was there already; nothing was written.</summary>
    internal sealed record Unchanged : UpdateOutcome;

    internal sealed record Missing : UpdateOutcome;
}

/// <summary>What became of a new object (<c>Objects.Create</c>).</summary>
internal enum CreateOutcome
{
    Created,
    AlreadyExists,

    /// <summary>The caller's own condition does not hold any more; nothing was written.</summary>
    Overtaken,
}

/// <summary>What became of a deletion by <see cref="Objects"/>.</summary>
internal enum DeleteOutcome
{
    /// <summary>The object is gone.</summary>
    Deleted,

    /// <summary>The object is marked; finalizers or its node still hold it.</summary>
    Marked,

    Missing,

    /// <summary>An object of that name is there, but it is another one.</summary>
    OtherUid,
}
