using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rows;

/// <summary>A signing request's line in <c>kubectl get csr</c>.</summary>
internal static class CsrRow
{
    public static IReadOnlyList<JsonNode?> Cells(JsonObject request, DateTimeOffset now)
    {
        var spec = request.Object("spec");
        return
        [
            request.Object("metadata").Text("name"),
            RowAge.Age(request, now),
            spec.Text("signerName"),
            spec.Text("username"),
            spec.Number("expirationSeconds") is { } seconds
                ? HumanDuration.Of(TimeSpan.FromSeconds(seconds)) : "<none>",
            Condition(request.Object("status")),
        ];
    }

    private static string Condition(JsonObject? status)
    {
        var types = status.Objects("conditions").Select(condition => condition.Text("type")).ToHashSet();
        var word = types.Contains("Denied") ? "Denied" : types.Contains("Approved") ? "Approved" : "Pending";
        var failed = types.Contains("Failed") ? ",Failed" : "";
        var issued = status.Text("certificate").Length > 0 ? ",Issued" : "";
        return word + failed + issued;
    }
}
