namespace Edge.Agent.Reconcile;

/// <summary>
/// One action of a plan. Every step is safe to repeat: names derive from the pod's uid and the container's attempt, so
/// "already done" is done. Closed; printed one per line.
/// </summary>
internal abstract record PodStep
{
    private PodStep()
    {
    }

    /// <summary>The container the step acts on, or null for the pod as a whole.</summary>
    public virtual string? Container => null;

    /// <summary>Asks the process to end; a kill follows after the grace.</summary>
    public sealed record Terminate(string Name, string Id, long GraceSeconds, string Why) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"terminate {Name} {Id} grace={GraceSeconds}s: {Why}";
    }

    public sealed record Kill(string Name, string Id, string Why) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"kill {Name} {Id}: {Why}";
    }

    public sealed record Remove(string Name, string Id) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"remove {Name} {Id}";
    }

    public sealed record ReleaseVolumes : PodStep
    {
        public override string ToString() => "release volumes";
    }

    public sealed record RemoveSandbox : PodStep
    {
        public override string ToString() => "remove sandbox";
    }

    /// <summary>Records how the pod ended; from then on none of its containers runs again.</summary>
    public sealed record Finish(string Phase, string? Reason, string? Message) : PodStep
    {
        public override string ToString() => $"finish {Phase}{(Reason is null ? "" : $" {Reason}: {Message}")}";
    }

    /// <summary>Records that nothing of a deleted pod is left, which is then reported.</summary>
    public sealed record FinishRemoval : PodStep
    {
        public override string ToString() => "finish removal";
    }

    /// <summary>Records that a pod whose removal was reported is wanted again, as what it was.</summary>
    public sealed record UndoRemoval : PodStep
    {
        public override string ToString() => "undo removal";
    }

    /// <summary>Drops the record of a pod that nobody asks for any more.</summary>
    public sealed record Forget : PodStep
    {
        public override string ToString() => "forget";
    }

    public sealed record MakeSandbox : PodStep
    {
        public override string ToString() => "make sandbox";
    }

    public sealed record WriteVolumes : PodStep
    {
        public override string ToString() => "write volumes";
    }

    /// <summary>
    /// Makes sure that the image is on the node; a fetch goes on in the background and ends this run.
    /// </summary>
    public sealed record EnsureImage(string Name, string Image) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"ensure image {Name} {Image}";
    }

    /// <summary>Records the next attempt before anything of it exists.</summary>
    public sealed record BeginAttempt(string Name, int Attempt) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"begin attempt {Name} {Attempt}";
    }

    public sealed record Create(string Name, string Id, int Attempt, string SpecHash) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"create {Name} {Id}";
    }

    public sealed record Start(string Name, string Id) : PodStep
    {
        public override string Container => Name;

        public override string ToString() => $"start {Name} {Id}";
    }
}
