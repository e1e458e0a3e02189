using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Admission;

/// <summary>Gives a pod the priority of its class (Kubernetes' admission plugin Priority).</summary>
internal sealed class PodPriority(Objects objects)
{
    private const string PreemptLower = "PreemptLowerPriority";

    /// <summary>Null when it is set, otherwise why the pod is forbidden.</summary>
    public string? Set(JsonObject spec)
    {
        var name = spec.Text("priorityClassName");
        var chosen = name.Length > 0 ? objects.Get(Resources.PriorityClasses, null, name) : GlobalDefault.Find(objects);
        if (name.Length > 0 && chosen is null)
        {
            return $"no PriorityClass with name {name} was found";
        }

        var (value, policy) = (chosen?.Value ?? 0, chosen is null ? PreemptLower : chosen.PreemptionPolicy);
        if (spec.Number("priority") is { } given && given != value)
        {
            return $"the integer value of priority ({given}) must not be provided in pod spec; "
                + $"priority admission controller computed {value} from the given PriorityClass name";
        }

        if (policy is not null && spec.Text("preemptionPolicy") is { Length: > 0 } asked && asked != policy)
        {
            return $"the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; "
                + $"priority admission controller computed {policy} from the given PriorityClass name";
        }

        spec["priority"] = value;
        if (policy is not null)
        {
            spec["preemptionPolicy"] = policy;
        }

        if (chosen is not null)
        {
            spec["priorityClassName"] = chosen.Metadata.Name;
        }

        return null;
    }

    public static void Keep(JsonObject? before, JsonObject spec)
    {
        foreach (var name in (string[])["priority", "preemptionPolicy"])
        {
            if (spec[name] is null && before?[name] is { } value)
            {
                spec[name] = value.DeepClone();
            }
        }
    }
}
