using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The group that a binding's role and its subjects are of, when it does not say.</summary>
internal static class RbacDefaults
{
    public static void Binding(JsonObject binding)
    {
        _ = binding.Ensure("roleRef");
        foreach (var subject in binding.Objects("subjects"))
        {
            if (subject.Text("kind") is "User" or "Group" && subject.Text("apiGroup").Length == 0)
            {
                subject["apiGroup"] = RbacRules.Group;
            }
        }
    }
}
