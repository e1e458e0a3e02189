using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>The lines of roles and their bindings in <c>kubectl get</c>.</summary>
internal static class RbacRow
{
    public static IReadOnlyList<JsonNode?> Role(JsonObject role) =>
        [role.Object("metadata").Text("name"), role.Object("metadata").Text("creationTimestamp")];

    public static IReadOnlyList<JsonNode?> Binding(JsonObject binding, DateTimeOffset now) =>
    [
        binding.Object("metadata").Text("name"),
        $"{binding.Object("roleRef").Text("kind")}/{binding.Object("roleRef").Text("name")}",
        RowAge.Age(binding, now),
        Subjects(binding, "User", subject => subject.Text("name")),
        Subjects(binding, "Group", subject => subject.Text("name")),
        Subjects(binding, "ServiceAccount", subject => $"{subject.Text("namespace")}/{subject.Text("name")}"),
    ];

    private static string Subjects(JsonObject binding, string kind, Func<JsonObject, string> text) =>
        string.Join(", ", binding.Objects("subjects").Where(subject => subject.Text("kind") == kind).Select(text));
}
