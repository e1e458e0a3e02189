using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Probes;

internal enum ProbeKind
{
    Startup,
    Readiness,
    Liveness,
}

/// <summary>
/// Counts a probe's results against its thresholds. Immutable; <see cref="Passed"/> is null until one is met.
/// </summary>
internal sealed record ProbeCounter(int SuccessThreshold, int FailureThreshold, bool? Passed = null)
{
    private bool LastResult { get; init; }

    private int InARow { get; init; }

    public static ProbeCounter For(Probe probe, bool? passed) =>
        new(Math.Max(1, probe.SuccessThreshold ?? 1), Math.Max(1, probe.FailureThreshold ?? 3), passed);

    public ProbeCounter Add(bool success)
    {
        var row = InARow > 0 && LastResult == success ? InARow + 1 : 1;
        var met = row >= (success ? SuccessThreshold : FailureThreshold);
        return this with { LastResult = success, InARow = Math.Min(row, 1_000_000), Passed = met ? success : Passed };
    }
}
