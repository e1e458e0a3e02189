using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Edge.Proto.Model;
using Edge.Server.Api.Pods;
using Edge.Server.Control.Disruption;

namespace Edge.Tests.Server.Control;

/// <summary>Golden cases of <c>tests/Cases/disruption</c>; its README says what a case holds.</summary>
public sealed class DisruptionCaseTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Cases() => PlanCases.Of("disruption");

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_budget_counts_and_an_eviction_asks_it(string name) =>
        PlanCases.Check("disruption", name, Answer);

    [Fact]
    public void There_are_cases() => Assert.True(Cases().Count >= 20);

    private static string Answer(JsonObject input)
    {
        var budget = input["budget"]!.Deserialize(WorkloadJson.Default.PodDisruptionBudget)!;
        var pods = Read(input, "pods", ModelJson.Default.Pod);
        var away = (input["away"] as JsonArray ?? []).Select(node => node!.ToString()).ToHashSet();
        var text = new StringBuilder();
        if (input["counted"]?.GetValue<bool>() != false)
        {
            var decision = DisruptionPlan.Decide(
                budget, [.. pods.Where(pod => budget.Spec.Selector?.Matches(pod.Metadata.Labels) == true).Select(Seen)],
                away.Contains, Scales(input).Of, _now);
            Say(text, decision);
            budget = budget with { Status = decision.Status };
        }

        foreach (var name in input["evict"] as JsonArray ?? [])
        {
            var pod = pods.Single(pod => pod.Metadata.Name == name!.ToString());
            List<PodDisruptionBudget> all =
                [budget, .. Read(input, "others", WorkloadJson.Default.PodDisruptionBudget)];
            var answer = EvictionPlan.Decide(pod, all, _now);
            budget = answer is EvictionAnswer.Granted granted ? budget with { Status = granted.Status } : budget;
            text.Append(CultureInfo.InvariantCulture, $"evict {name}: {Say(answer)}\n");
        }

        return text.ToString();
    }

    private static BudgetPod Seen(Pod pod) => new(
        pod.Metadata.Name!, pod.Metadata.Labels, pod.Spec.NodeName,
        pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true,
        pod.Metadata.DeletionTimestamp is not null,
        pod.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true));

    private static OwnerScales Scales(JsonObject input)
    {
        var sets = Read(input, "replicaSets", WorkloadJson.Default.ReplicaSet);
        var deployments = Read(input, "deployments", WorkloadJson.Default.Deployment);
        var stateful = Read(input, "statefulSets", WorkloadJson.Default.StatefulSet);
        return new OwnerScales(
            name => sets.Find(one => one.Metadata.Name == name),
            name => deployments.Find(one => one.Metadata.Name == name),
            name => stateful.Find(one => one.Metadata.Name == name));
    }

    private static void Say(StringBuilder text, DisruptionDecision decision)
    {
        var status = decision.Status;
        text.Append(
            CultureInfo.InvariantCulture,
            $"{status.DisruptionsAllowed} allowed: {status.CurrentHealthy} healthy, {status.DesiredHealthy} desired, "
            + $"{status.ExpectedPods} expected; generation {status.ObservedGeneration}\n");
        foreach (var condition in status.Conditions ?? [])
        {
            var since = condition.LastTransitionTime?.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
            text.Append(
                CultureInfo.InvariantCulture,
                $"{condition.Type} {condition.Status} {condition.Reason} since {since}: {condition.Message}\n");
        }

        foreach (var (pod, at) in status.DisruptedPods ?? new Dictionary<string, DateTimeOffset>())
        {
            text.Append(CultureInfo.InvariantCulture, $"disrupted {pod} at {at.UtcDateTime:HH:mm:ss}\n");
        }

        text.Append(decision.Unmanaged ? "some pods are unmanaged\n" : "");
        foreach (var pod in decision.NotDeleted)
        {
            text.Append(CultureInfo.InvariantCulture, $"{pod} was expected to go\n");
        }

        text.Append(decision.Again is { } again ? $"again in {again.TotalSeconds} s\n" : "");
    }

    private static string Say(EvictionAnswer answer) => answer switch
    {
        EvictionAnswer.Free => "goes, no budget is asked",
        EvictionAnswer.Granted granted => $"goes, {granted.Status.DisruptionsAllowed} left",
        EvictionAnswer.NotNow { RetryAfterSeconds: { } seconds } later => $"not now, ask in {seconds} s: {later.Why}",
        EvictionAnswer.NotNow later => $"not now: {later.Why}",
        EvictionAnswer.Forbidden forbidden => $"forbidden: {forbidden.Why}",
        _ => "more than one budget",
    };

    private static List<T> Read<T>(JsonObject input, string field, JsonTypeInfo<T> type) =>
        [.. (input[field] as JsonArray ?? []).Select(item => item!.Deserialize(type)!)];
}
