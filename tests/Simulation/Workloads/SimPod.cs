using Edge.Proto.Model;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>A pod that really runs (or has ended) on a simulated node.</summary>
internal sealed class SimPod(Pod spec, DateTimeOffset started)
{
    /// <summary>The kind, by a label, of pods that fail now and then.</summary>
    public const string Flaky = "flaky";

    public Pod Spec { get; } = spec;

    public string Uid { get; } = spec.Metadata.Uid!;

    public string Name { get; } = spec.Metadata.Name!;

    /// <summary>The workload that it is of, by its label.</summary>
    public string? App { get; } = spec.Metadata.Labels?.GetValueOrDefault("app");

    public DateTimeOffset Started { get; } = started;

    /// <summary>Since when it is to end.</summary>
    public DateTimeOffset? Stopping { get; set; }

    /// <summary>It has a lease, its node has booted, and has not been told yet that it is still its own.</summary>
    public bool Waits { get; set; }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c> or <c>Failed</c>.</summary>
    public string Phase { get; private set; } = "Pending";

    public bool Ready { get; private set; }

    public DateTimeOffset Changed { get; private set; } = started;

    /// <summary>It has not ended.</summary>
    public bool IsRunning => Phase is "Pending" or "Running";

    public bool IsBroken => Spec.Spec.Containers is [{ Image: var image }, ..] && image!.EndsWith(":bad");

    public bool IsJob => Spec.Metadata.OwnerReferences is [{ Kind: "Job" }, ..];

    public bool IsFlaky => Spec.Metadata.Labels?.GetValueOrDefault("kind") == Flaky;

    public void Become(string phase, bool ready, DateTimeOffset now) => (Phase, Ready, Changed) = (phase, ready, now);

    /// <summary>Its processes are gone with the machine's boot: what is to run for ever runs again.</summary>
    public void Reboot(DateTimeOffset now)
    {
        if (!IsRunning)
        {
            return;
        }

        Become(IsJob ? "Failed" : "Pending", ready: false, now);
        Waits = Fencing.Toleration(Spec) is not null;
    }
}
