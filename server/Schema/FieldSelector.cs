using System.Text.Json.Nodes;
using Edge.Server.Schema.Versions;

namespace Edge.Server.Schema;

/// <summary>A parsed <c>fieldSelector</c>: every clause must hold.</summary>
internal sealed class FieldSelector
{
    private readonly IReadOnlyList<Clause> _clauses;

    private FieldSelector(IReadOnlyList<Clause> clauses) => _clauses = clauses;

    /// <summary>The value that <c>metadata.name=</c> asks for, so that a list can become a get.</summary>
    public string? Name => _clauses.FirstOrDefault(clause => clause is { Path: "metadata.name", Equal: true })?.Value;

    /// <summary>Null and a message for a 400 when the text or a path is not supported.</summary>
    public static FieldSelector? Parse(ResourceSchema schema, string text, out string message)
    {
        var clauses = new List<Clause>();
        foreach (var part in Split(text))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                message = $"invalid selector: '{text}'; can't understand '{part}'";
                return null;
            }

            var equal = part[at - 1] != '!';
            var path = part[..(equal ? at : at - 1)].Trim();
            var value = part[(at + (at + 1 < part.Length && part[at + 1] == '=' ? 2 : 1))..];
            if (path is not ("metadata.name" or "metadata.namespace") && !schema.SelectableFields.Contains(path))
            {
                message = NotKnown(schema, path);
                return null;
            }

            clauses.Add(new Clause(path, equal, value));
        }

        message = "";
        return new FieldSelector(clauses);
    }

    /// <summary>Upstream says it in another way for each of the functions that convert labels.</summary>
    private static string NotKnown(ResourceSchema schema, string path) => schema switch
    {
        { SelectableFields.Count: 0 } =>
            $"\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        { Group: "batch" or "apps" } => $"field label \"{path}\" not supported for {schema.Kind}",
        _ => $"field label not supported: {path}",
    };

    public bool Matches(JsonObject obj) => _clauses.All(clause => Values(obj, clause.Path).Contains(clause.Value)
        == clause.Equal);

    /// <summary>Clauses end at commas; a backslash takes the next letter as it is.</summary>
    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        var part = new System.Text.StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                part.Append(text[++at]);
            }
            else if (text[at] == ',')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(text[at]);
            }
        }

        parts.Add(part.ToString());
        return [.. parts.Where(item => item.Trim().Length > 0)];
    }

    /// <summary>What a path stands for; booleans read false when absent, as Go's zero values do.</summary>
    private static IEnumerable<string> Values(JsonObject obj, string path) => EventVersions.CoreName(path) switch
    {
        "status.podIPs" => obj.Object("status").Objects("podIPs").Select(ip => ip.Text("ip")),
        "spec.hostNetwork" or "spec.unschedulable" =>
            [obj.Object("spec").Flag(path["spec.".Length..]) ? "true" : "false"],
        "source" => [EventSource(obj)],
        "reportingComponent" => [EventSource(obj)],
        "status.replicas" => [Count(obj, "replicas")],
        "status.successful" => [Count(obj, "succeeded")],
        var other => [obj.At(other)?.ToString() ?? ""],
    };

    private static string Count(JsonObject obj, string field) => $"{obj.Object("status").Number(field) ?? 0}";

    /// <summary>Both spellings select by whichever of the two an event carries, as upstream converts them.</summary>
    private static string EventSource(JsonObject obj) =>
        obj.Object("source").Text("component") is { Length: > 0 } component
            ? component
            : obj.Text("reportingComponent");

    private sealed record Clause(string Path, bool Equal, string Value);
}
