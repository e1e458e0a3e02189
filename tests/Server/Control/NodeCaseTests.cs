using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Fleet;

namespace Edge.Tests.Server.Control;

/// <summary>Golden cases of <c>tests/Cases/nodes</c> and <c>taint-eviction</c>; see their READMEs.</summary>
public sealed class NodeCaseTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Nodes() => PlanCases.Of("nodes");

    public static TheoryData<string> Evictions() => PlanCases.Of("taint-eviction");

    [Theory]
    [MemberData(nameof(Nodes))]
    public void A_node_says_what_is_true_of_it(string name) => PlanCases.Check("nodes", name, NodeAnswer);

    [Theory]
    [MemberData(nameof(Evictions))]
    public void A_pod_stays_or_leaves_by_its_tolerations(string name) =>
        PlanCases.Check("taint-eviction", name, EvictionAnswer);

    [Fact]
    public void There_are_cases() => Assert.True(Nodes().Count >= 20 && Evictions().Count >= 20);

    private static string NodeAnswer(JsonObject input)
    {
        var stored = input["node"]!.DeepClone().AsObject();
        var tree = input["report"] is JsonObject report ? NodeStatusPlan.Connected(stored, report, _now)
            : input["lost"]?.ToString() is { } lost
                ? NodeStatusPlan.Unknown(stored, new LastContact(_now.AddSeconds(-40), lost == "true"), _now)
            : stored;
        var node = tree.Deserialize(WorkloadJson.Default.Node)!;
        var taints = NodesPlan.Taints(node, _now);
        var text = new StringBuilder();
        foreach (var condition in node.Status?.Conditions ?? [])
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{condition.Type} {condition.Status} {condition.Reason} since {Time(condition.LastTransitionTime)}")
                .Append(condition.LastHeartbeatTime is { } heard ? $", heard {Time(heard)}: " : ": ")
                .Append(condition.Message).Append('\n');
        }

        foreach (var taint in taints)
        {
            var value = taint.Value is null ? "" : $"={taint.Value}";
            text.Append(
                CultureInfo.InvariantCulture,
                $"taint {taint.Key}{value}:{taint.Effect} since {Time(taint.TimeAdded)}\n");
        }

        var news = NodesPlan.News(node, taints);
        return text.Append(news is null ? "" : $"event {news}\n").ToString();
    }

    private static string EvictionAnswer(JsonObject input)
    {
        var node = input["node"]!.Deserialize(WorkloadJson.Default.Node)!;
        var text = new StringBuilder();
        foreach (var item in input["pods"]!.AsArray())
        {
            var pod = item!.Deserialize(ModelJson.Default.Pod)!;
            var decision = TaintEvictionPlan.Decide(
                pod, node, Seconds(input, "taintedFor"), Seconds(input, "silence"));
            text.Append(CultureInfo.InvariantCulture, $"{pod.Metadata.Name}: {Say(decision)}\n");
        }

        return text.ToString();
    }

    private static string Say(TaintDecision decision) => decision switch
    {
        { Removes: true } => "is removed, its node has stopped it",
        { Deletes: true, RemoveIn: { } later } => $"is deleted, and removed in {later.TotalSeconds} s if still unheard",
        { Deletes: true } => "is deleted",
        { DeleteIn: { } deleted, RemoveIn: { } removed } =>
            $"is deleted in {deleted.TotalSeconds} s, and removed in {removed.TotalSeconds} s",
        { DeleteIn: { } deleted } => $"is deleted in {deleted.TotalSeconds} s",
        { RemoveIn: { } removed } => $"is removed in {removed.TotalSeconds} s",
        _ => "stays",
    };

    private static TimeSpan Seconds(JsonObject input, string name) =>
        TimeSpan.FromSeconds(double.Parse(input[name]?.ToString() ?? "0", CultureInfo.InvariantCulture));

    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture) ?? "ever";
}
