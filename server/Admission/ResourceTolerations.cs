using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Admission;

/// <summary>
/// Nodes with devices are kept for pods that ask for them by a taint named after the resource; such a pod tolerates it
/// (Kubernetes' admission plugin ExtendedResourceToleration).
/// </summary>
internal static class ResourceTolerations
{
    private static readonly string[] s_containers = ["containers", "initContainers"];

    /// <summary>In place; in the order of the resources' names, as upstream.</summary>
    public static void AddTo(JsonObject spec)
    {
        SortedSet<string>? resources = null;
        foreach (var field in s_containers)
        {
            foreach (var container in spec.Objects(field))
            {
                Collect(container.Object("resources").Object("requests"), ref resources);
                // Defaults copy them to the requests later.
                Collect(container.Object("resources").Object("limits"), ref resources);
            }
        }

        foreach (var resource in resources ?? [])
        {
            Add(spec, resource);
        }
    }

    private static void Collect(JsonObject? amounts, ref SortedSet<string>? resources)
    {
        foreach (var (name, _) in amounts ?? [])
        {
            if (ResourceNames.IsExtended(name))
            {
                (resources ??= new(StringComparer.Ordinal)).Add(name);
            }
        }
    }

    private static void Add(JsonObject spec, string resource)
    {
        if (spec.Objects("tolerations").Any(toleration =>
            toleration.Text("key") == resource && toleration.Text("operator") == "Exists"
            && toleration.Text("effect").Length == 0))
        {
            return;
        }

        if (spec["tolerations"] is not JsonArray list)
        {
            spec["tolerations"] = list = [];
        }

        list.Add((JsonNode)new JsonObject { ["key"] = resource, ["operator"] = "Exists" });
    }
}
