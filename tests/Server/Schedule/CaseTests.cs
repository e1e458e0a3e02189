using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schedule;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>
/// Golden cases of <c>tests/Cases/schedule</c>; its README says what a case holds. With EDGE_WRITE_CASES=1 the answers
/// are written instead of compared, to be read before they are committed.
/// </summary>
public sealed class CaseTests
{
    private static readonly JsonObject _usualStatus = (JsonObject)JsonNode.Parse(
        """
        {
          "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
          "conditions": [{"type": "Ready", "status": "True"}]
        }
        """)!;

    public static TheoryData<string> Cases() =>
        [.. Directory.GetDirectories(Root()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_answers_as_its_file_says(string name)
    {
        var folder = Path.Combine(Root(), name);
        var (input, _) = YamlTreeReader.Read(File.ReadAllBytes(Path.Combine(folder, "in.yaml")));
        var answer = Answer(input!.AsObject());
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "out.txt"), answer), answer);
    }

    [Fact]
    public void There_are_cases() => Assert.True(Cases().Count >= 50);

    /// <summary>What the scheduler's loop does with one batch: every pod that waits, in the queue's order.</summary>
    private static string Answer(JsonObject input)
    {
        var cluster = new ClusterState();
        var pending = new PendingPods();
        var feed = new ClusterFeed(cluster, pending, NullLogger.Instance);
        feed.ListNamespaces(new Listing(1, Stored(input["namespaces"], Resources.Namespaces.Prefix(), NameOf)));
        feed.ListNodes(new Listing(1, Stored(input["nodes"], Resources.Nodes.Prefix(), AsNode)));
        feed.ListPods(new Listing(1, Stored(input["pods"], Resources.Pods.Prefix(), AsPod)));
        cluster.Budgets = [.. (input["budgets"] as JsonArray ?? []).Select(budget => Budget(budget!.AsObject()))];

        var placement = new Placement(cluster);
        var lines = new StringBuilder();
        while (pending.Take() is { } pod)
        {
            switch (placement.Decide(pod, start: 0))
            {
                case PlacementOutcome.Placed placed:
                    cluster.Assign(pod, placed.Node, placed.DeviceIds);
                    lines.Append($"{pod.Name} -> {placed.Node}\n");
                    if (placed.Devices is { } devices)
                    {
                        lines.Append($"  {devices}\n");
                    }

                    break;
                case PlacementOutcome.Unplaceable nowhere:
                    lines.Append($"{pod.Name}: {nowhere.Message}\n");
                    Nominate(cluster, pod, nowhere, lines);
                    break;
                default:
                    throw new InvalidOperationException("unknown outcome");
            }

            pending.Remove(pod.Key);
        }

        return lines.Length == 0 ? "nothing to place\n" : lines.ToString();
    }

    private static void Nominate(
        ClusterState cluster, PodFacts pod, PlacementOutcome.Unplaceable nowhere, StringBuilder lines)
    {
        if (nowhere.Preemption is { } plan)
        {
            var victims = string.Join(", ", plan.Victims.Select(victim => victim.Name));
            lines.Append($"  {victims} must leave {plan.Node}\n");
        }
        else if (nowhere.NominatedNode is { } waited)
        {
            lines.Append($"  waits for {waited}\n");
        }

        if (nowhere.NominatedNode is { } node)
        {
            cluster.Nominations.Put(pod, node);
        }
    }

    private static DisruptionBudget Budget(JsonObject budget) => new(
        budget["namespace"]?.ToString() ?? "default",
        LabelMatcher.From(budget["selector"].Deserialize(ModelJson.Default.LabelSelector)),
        (int)budget["allowed"]!.GetValue<long>(),
        (budget["leaving"] as JsonArray ?? []).Select(name => name!.ToString()).ToHashSet());

    private static List<StoredObject> Stored(JsonNode? list, string prefix, Func<JsonObject, string> complete) =>
        [.. (list as JsonArray ?? []).Select(item =>
        {
            var tree = item!.DeepClone().AsObject();
            var key = prefix + complete(tree);
            return new StoredObject(key, 1, Encoding.UTF8.GetBytes(tree.ToJsonString()));
        })];

    private static string NameOf(JsonObject item) => item["metadata"]!["name"]!.ToString();

    private static string AsNode(JsonObject node)
    {
        var status = node["status"] as JsonObject ?? [];
        foreach (var (field, usual) in _usualStatus)
        {
            status[field] ??= usual!.DeepClone();
        }

        node["status"] = status;
        return NameOf(node);
    }

    private static string AsPod(JsonObject pod)
    {
        var metadata = pod["metadata"]!.AsObject();
        metadata["namespace"] ??= "default";
        metadata["uid"] = "uid-of-" + NameOf(pod);
        pod["spec"] ??= new JsonObject();
        pod["spec"]!["containers"] ??= new JsonArray(new JsonObject { ["name"] = "main", ["image"] = "busybox" });
        return $"{metadata["namespace"]}/{NameOf(pod)}";
    }

    private static string Root() => Repository.Cases("schedule");
}
