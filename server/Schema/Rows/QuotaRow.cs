using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>A quota's line in <c>kubectl get resourcequotas</c>.</summary>
internal static class QuotaRow
{
    public static IReadOnlyList<JsonNode?> Cells(JsonObject quota, DateTimeOffset now)
    {
        var status = quota.Object("status");
        var (asked, limits) = (new List<string>(), new List<string>());
        foreach (var (name, hard) in (status.Object("hard") ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var used = status.Object("used")?[name]?.ToString() ?? "0";
            (name.StartsWith("limits.", StringComparison.Ordinal) ? limits : asked).Add($"{name}: {used}/{hard}");
        }

        return
        [
            quota.Object("metadata").Text("name"),
            string.Join(", ", asked),
            string.Join(", ", limits),
            RowAge.Age(quota, now),
        ];
    }
}
