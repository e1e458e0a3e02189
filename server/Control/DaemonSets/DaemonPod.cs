using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Control.DaemonSets;

/// <summary>
/// The pod that a DaemonSet makes for a node: the scheduler places it, and can place it only there. Pure.
/// </summary>
internal static class DaemonPod
{
    public static JsonObject Draft(DaemonSetState state, string node)
    {
        var set = state.Set;
        var pod = PodWriter.Draft(Resources.DaemonSets, set.Metadata, set.Spec.Template);
        pod["metadata"]!["generateName"] = set.Metadata.Name + "-";
        pod["metadata"]!.AsObject().Ensure("labels")[TemplateRevision.Label] = state.Hash;
        var spec = pod["spec"]!.AsObject();
        spec.Ensure("affinity").Ensure("nodeAffinity")["requiredDuringSchedulingIgnoredDuringExecution"] = OnlyOn(node);
        var tolerations = spec["tolerations"]?.DeepClone().AsArray() ?? [];
        foreach (var toleration in Eligibility.Tolerations(state.PodSpec.HostNetwork == true))
        {
            tolerations.Add(JsonSerializer.SerializeToNode(toleration, ModelJson.Default.Toleration));
        }

        spec["tolerations"] = tolerations;
        return pod;
    }

    /// <summary>In place of the template's own terms: these hold for the node already.</summary>
    private static JsonObject OnlyOn(string node) => new()
    {
        ["nodeSelectorTerms"] = new JsonArray(new JsonObject
        {
            ["matchFields"] = new JsonArray(new JsonObject
            {
                ["key"] = "metadata.name", ["operator"] = "In", ["values"] = new JsonArray(node),
            }),
        }),
    };
}
