namespace Edge.Agent.Reconcile;

/// <summary>A plan while it is put together; lives only inside one call of <see cref="PodPlan.For"/>.</summary>
internal sealed class PlanDraft(PodView view)
{
    private readonly List<PodStep> _steps = [];
    private DateTimeOffset? _wakeAt;

    public PodView View => view;

    public IReadOnlyList<PodStep> Steps => _steps;

    public void Add(PodStep step) => _steps.Add(step);

    public void AddAll(PlanDraft other) => _steps.AddRange(other._steps);

    public void TakeWakes(PlanDraft other)
    {
        if (other._wakeAt is { } at)
        {
            WakeAt(at);
        }
    }

    public void WakeAt(DateTimeOffset at) => _wakeAt = _wakeAt is { } sooner && sooner < at ? sooner : at;

    /// <summary>
    /// Terminate first, kill once the grace is over. A grace that was shortened since counts at once.
    /// </summary>
    public void Stop(SeenContainer seen, long graceSeconds, string why)
    {
        var memory = view.Memory.Of(seen.Name);
        if (graceSeconds <= 0)
        {
            Kill(seen, why);
            return;
        }

        if (memory.StoppingSince is not { } since)
        {
            Add(new PodStep.Terminate(seen.Name, seen.Id, graceSeconds, why));
            WakeAt(view.Now + TimeSpan.FromSeconds(graceSeconds));
            return;
        }

        var deadline = since + TimeSpan.FromSeconds(graceSeconds);
        if (deadline <= view.Now)
        {
            Kill(seen, why);
        }
        else
        {
            WakeAt(deadline);
        }
    }

    /// <summary>Repeated until the process is gone: a kill may have met a runtime that was restarting.</summary>
    public void Kill(SeenContainer seen, string why)
    {
        if (view.Memory.Of(seen.Name).KilledAt is { } killed && killed + KillRepeat > view.Now)
        {
            WakeAt(killed + KillRepeat);
            return;
        }

        Add(new PodStep.Kill(seen.Name, seen.Id, why));
        WakeAt(view.Now + KillRepeat);
    }

    public PodPlan Build() => new(_steps, _wakeAt);

    /// <summary>
    /// A killed process is reaped within milliseconds; a second avoids a busy loop when the runtime is slow.
    /// </summary>
    private static readonly TimeSpan KillRepeat = TimeSpan.FromSeconds(1);
}
