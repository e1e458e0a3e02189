using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rows;

/// <summary>A pod's line in <c>kubectl get pods</c>.</summary>
internal static class PodRow
{
    private const string None = "<none>";

    public static IReadOnlyList<JsonNode?> Cells(JsonObject pod, DateTimeOffset now)
    {
        var (spec, status) = (pod.Object("spec"), pod.Object("status"));
        var state = PodState.Of(pod);
        var restarts = state.LastRestart is { } last && state.Restarts > 0
            ? $"{state.Restarts} ({HumanDuration.Of(now - last)} ago)"
            : $"{state.Restarts}";
        return
        [
            pod.Object("metadata").Text("name"),
            $"{state.Ready}/{spec.Items("containers").Count}",
            state.Reason,
            restarts,
            RowAge.Age(pod, now),
            Or(status.Objects("podIPs").FirstOrDefault().Text("ip"), status.Text("podIP")),
            Or(spec.Text("nodeName"), ""),
            Or(status.Text("nominatedNodeName"), ""),
            Gates(spec, status),
        ];
    }

    private static string Or(string first, string second) =>
        first.Length > 0 ? first : second.Length > 0 ? second : None;

    private static string Gates(JsonObject? spec, JsonObject? status)
    {
        var gates = spec.Objects("readinessGates").Select(gate => gate.Text("conditionType")).ToList();
        var held = gates.Count(gate => PodState.Condition(status, gate) == "True");
        return gates.Count == 0 ? None : $"{held}/{gates.Count}";
    }
}
