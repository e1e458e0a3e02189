using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Disruption;

/// <summary>
/// Keeps the status of PodDisruptionBudgets, which the eviction of pods asks and counts down. Nobody else writes it,
/// and both write against the revision they read.
/// </summary>
internal sealed class DisruptionController(
    Objects objects, NodeReach nodes, EventRecorder events, TimeProvider time, ILogger<DisruptionController> log)
    : IController
{
    private const string Component = "controllermanager";

    private readonly BudgetPods _pods = new(objects, log);

    public string Name => "disruption";

    public IReadOnlyList<WatchSource> Sources =>
    [
        new WatchSource(Resources.PodDisruptionBudgets.Prefix(), _pods.OfBudget),
        new WatchSource(Resources.Pods.Prefix(), _pods.OfPod, _pods.Relisted),
        nodes.Source(_pods.OnNode),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(Resources.PodDisruptionBudgets, ns, name) is not { } stored)
        {
            return null;
        }

        var pods = _pods.Selected(ns, stored.Spec.Selector);
        var scales = new OwnerScales(
            owner => objects.Get(Resources.ReplicaSets, ns, owner),
            owner => objects.Get(Resources.Deployments, ns, owner),
            owner => objects.Get(Resources.StatefulSets, ns, owner));
        DisruptionDecision? decision = null;
        await objects.Update(Resources.PodDisruptionBudgets, ns, name, tree =>
        {
            // An eviction may have counted down since: what it granted is in the fresh status.
            if (tree.Deserialize(WorkloadJson.Default.PodDisruptionBudget) is not { } budget
                || budget.Metadata.Uid != stored.Metadata.Uid
                || budget.Metadata.Generation != stored.Metadata.Generation)
            {
                return null;
            }

            decision = DisruptionPlan.Decide(budget, pods, nodes.IsAway, scales.Of, time.GetUtcNow());
            tree["status"] = JsonSerializer.SerializeToNode(
                decision.Status, WorkloadJson.Default.PodDisruptionBudgetStatus);
            return tree;
        }, ct);
        if (decision is null)
        {
            // Another spec by now, which has an event of its own.
            return null;
        }

        await Tell(stored, pods, decision, ct);
        return decision.Again;
    }

    private async Task Tell(
        PodDisruptionBudget budget, IReadOnlyList<BudgetPod> pods, DisruptionDecision decision, CancellationToken ct)
    {
        var about = EventNote.Of(Resources.PodDisruptionBudgets, budget.Metadata);
        if (pods.Count == 0)
        {
            await Say(new EventNote(about, EventNote.Normal, "NoPods", "No matching pods found"), ct);
        }

        if (decision.Failure is { } failure)
        {
            log.Uncounted($"{budget.Metadata.Namespace}/{budget.Metadata.Name}", failure);
            await Say(
                new EventNote(about, EventNote.Warning, "CalculateExpectedPodCountFailed",
                    $"Failed to calculate the number of expected pods: {failure}"), ct);
        }

        if (decision.Unmanaged)
        {
            await Say(
                new EventNote(about, EventNote.Warning, "UnmanagedPods",
                    $"Pods selected by this PodDisruptionBudget (selector: {Text(budget.Spec.Selector)}) were found to "
                    + "be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may "
                    + "result in undefined behavior. To account for these pods please set \".spec.minAvailable\" field "
                    + "of the PDB to an integer value."), ct);
        }

        foreach (var pod in decision.NotDeleted)
        {
            if (objects.Get(Resources.Pods, budget.Metadata.Namespace, pod) is { } late)
            {
                await Say(
                    new EventNote(EventNote.Of(Resources.Pods, late.Metadata), EventNote.Warning, "NotDeleted",
                        $"Pod was expected by PDB {budget.Metadata.Namespace}/{budget.Metadata.Name} to be deleted but "
                        + "it wasn't"), ct);
            }
        }
    }

    private Task Say(EventNote note, CancellationToken ct) => events.Record(note, Component, null, 1, ct);

    /// <summary>As Kubernetes' FormatLabelSelector prints it.</summary>
    private static string Text(LabelSelector? selector)
    {
        if (selector is null)
        {
            return "<none>";
        }

        var parts = new List<string>();
        foreach (var (key, value) in selector.MatchLabels ?? new Dictionary<string, string>())
        {
            parts.Add($"{key}={value}");
        }

        foreach (var requirement in selector.MatchExpressions ?? [])
        {
            var values = string.Join(',', requirement.Values ?? []);
            parts.Add(requirement.Operator switch
            {
                "In" => $"{requirement.Key} in ({values})",
                "NotIn" => $"{requirement.Key} notin ({values})",
                "Exists" => requirement.Key,
                _ => $"!{requirement.Key}",
            });
        }

        return parts.Count == 0 ? "<none>" : string.Join(',', parts.Order(StringComparer.Ordinal));
    }
}
