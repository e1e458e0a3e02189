using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Admission;

/// <summary>
/// Gives a pod what its RuntimeClass says of nodes and overhead (Kubernetes' admission plugin RuntimeClass). Nodes have
/// one runtime (<see cref="RuntimeHandler"/>); a pod that names another handler asks for an isolation that it would not
/// get, and is forbidden.
/// </summary>
internal sealed class PodRuntime(Objects objects)
{
    /// <summary>Null when it is done, otherwise why the pod is forbidden.</summary>
    public string? Set(JsonObject spec)
    {
        var name = spec.Text("runtimeClassName");
        var chosen = name.Length > 0 ? Find(name) : null;
        // NVIDIA's operator makes its classes; here they are there without it.
        if (name.Length > 0 && chosen is null && !RuntimeHandler.IsNvidia(name))
        {
            return $"pod rejected: RuntimeClass \"{name}\" not found";
        }

        if (chosen?.Text("handler") is { } handler
            && handler != RuntimeHandler.Runc && !RuntimeHandler.IsNvidia(handler))
        {
            return $"pod rejected: RuntimeClass \"{name}\": no node has a runtime for its handler \"{handler}\"";
        }

        return SetOverhead(spec, chosen.Object("overhead")) ?? SetScheduling(spec, chosen.Object("scheduling"));
    }

    private JsonObject? Find(string name) =>
        objects.Store.Get(StoreKeys.For("node.k8s.io", "runtimeclasses", null, name)) is { } stored
            ? JsonNode.Parse(stored.Value.Span) as JsonObject
            : null;

    private static string? SetOverhead(JsonObject spec, JsonObject? overhead)
    {
        var own = spec.Object("overhead");
        if (overhead is null)
        {
            return own is null
                ? null
                : "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
        }

        var amounts = overhead.Object("podFixed") ?? [];
        if (own is null)
        {
            spec["overhead"] = amounts.Copy();
            return null;
        }

        return Same(own, amounts)
            ? null
            : "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
    }

    private static bool Same(JsonObject left, JsonObject right)
    {
        foreach (var (name, amount) in left)
        {
            if (!Quantity.TryParse(JsonTree.AsText(amount), out var one)
                || !Quantity.TryParse(JsonTree.AsText(right[name]), out var other) || one < other || one > other)
            {
                return false;
            }
        }

        return left.Count == right.Count;
    }

    private static string? SetScheduling(JsonObject spec, JsonObject? scheduling)
    {
        foreach (var (key, value) in scheduling.Object("nodeSelector") ?? [])
        {
            var (wanted, selector) = (JsonTree.AsText(value) ?? "", spec.Ensure("nodeSelector"));
            if (selector.ContainsKey(key) && selector.Text(key) != wanted)
            {
                return $"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {wanted}; "
                    + $"pod.spec.nodeSelector[{key}] = {selector.Text(key)}";
            }

            selector[key] = wanted;
        }

        foreach (var toleration in scheduling.Objects("tolerations"))
        {
            if (spec["tolerations"] is not JsonArray list)
            {
                spec["tolerations"] = list = [];
            }

            if (!list.Any(own => JsonTree.Same(own, toleration)))
            {
                list.Add((JsonNode)toleration.Copy());
            }
        }

        return null;
    }
}
