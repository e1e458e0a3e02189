using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schedule;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
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
        var path = Path.Combine(folder, "out.txt");
        if (Environment.GetEnvironmentVariable("EDGE_WRITE_CASES") == "1")
        {
            File.WriteAllText(path, answer);
        }

        Assert.True(File.Exists(path), $"{name} has no out.txt; the answer is:\n{answer}");
        Assert.Equal(File.ReadAllText(path), answer);
    }

    [Fact]
    public void There_are_cases() => Assert.True(Cases().Count >= 20);

    /// <summary>What the scheduler's loop does with one batch: every pod that waits, in the queue's order.</summary>
    private static string Answer(JsonObject input)
    {
        var cluster = new ClusterState();
        var pending = new PendingPods();
        var feed = new ClusterFeed(cluster, pending, NullLogger.Instance);
        var nodes = Stored(input["nodes"], Resources.Nodes.Prefix(), AsNode);
        var pods = Stored(input["pods"], Resources.Pods.Prefix(), AsPod);
        feed.ListNodes(new Listing(1, nodes));
        feed.ListPods(new Listing(1, pods));

        var lines = new StringBuilder();
        while (pending.Take() is { } key)
        {
            var demand = PodDemand.From(feed.ReadPod(pods.Single(pod => pod.Key == key))!);
            switch (Placement.Decide(demand, cluster.Nodes, start: 0))
            {
                case PlacementOutcome.Placed placed:
                    cluster.Assign(key, placed.Node, demand);
                    lines.Append($"{demand.Name} -> {placed.Node}\n");
                    break;
                case PlacementOutcome.Unplaceable nowhere:
                    lines.Append($"{demand.Name}: {nowhere.Message}\n");
                    break;
                default:
                    throw new InvalidOperationException("unknown outcome");
            }

            pending.Remove(key);
        }

        return lines.Length == 0 ? "nothing to place\n" : lines.ToString();
    }

    private static List<StoredObject> Stored(JsonNode? list, string prefix, Func<JsonObject, string> complete) =>
        [.. (list as JsonArray ?? []).Select(item =>
        {
            var tree = item!.DeepClone().AsObject();
            var key = prefix + complete(tree);
            return new StoredObject(key, 1, Encoding.UTF8.GetBytes(tree.ToJsonString()));
        })];

    private static string AsNode(JsonObject node)
    {
        var status = node["status"] as JsonObject ?? [];
        foreach (var (field, usual) in _usualStatus)
        {
            status[field] ??= usual!.DeepClone();
        }

        node["status"] = status;
        return node["metadata"]!["name"]!.ToString();
    }

    private static string AsPod(JsonObject pod)
    {
        var metadata = pod["metadata"]!.AsObject();
        var name = metadata["name"]!.ToString();
        metadata["namespace"] = "default";
        metadata["uid"] = "uid-of-" + name;
        pod["spec"] ??= new JsonObject();
        pod["spec"]!["containers"] ??= new JsonArray(new JsonObject { ["name"] = "main", ["image"] = "busybox" });
        return $"default/{name}";
    }

    private static string Root()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Edge.sln")))
        {
            at = at.Parent ?? throw new InvalidOperationException("the tests do not run inside the repository");
        }

        return Path.Combine(at.FullName, "tests", "Cases", "schedule");
    }
}
