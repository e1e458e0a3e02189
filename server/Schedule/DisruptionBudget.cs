using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule;

/// <summary>
/// How many of the pods that a PodDisruptionBudget means may leave at this moment. A pod that it says is leaving
/// already does not count again.
/// </summary>
internal sealed record DisruptionBudget(
    string Namespace, LabelMatcher Pods, int Allowed, IReadOnlySet<string> Leaving)
{
    /// <summary>As its controller last counted; before it did, none may leave.</summary>
    public static DisruptionBudget From(PodDisruptionBudget budget) => new(
        budget.Metadata.Namespace ?? "", LabelMatcher.From(budget.Spec.Selector),
        budget.Status?.DisruptionsAllowed ?? 0, (budget.Status?.DisruptedPods?.Keys ?? []).ToHashSet());

    /// <summary>A selector that is absent or empty protects nothing, as in kube-scheduler.</summary>
    public bool Protects(string ns, string name, LabelSet labels) =>
        Namespace == ns && labels.Count > 0 && !Pods.IsEverything && Pods.Matches(labels) && !Leaving.Contains(name);
}
