using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.StatefulSets;

/// <summary>The pod of a number of a StatefulSet: its name, its place in DNS and its volumes. Pure.</summary>
internal static class StatefulPod
{
    private const string NameLabel = "statefulset.kubernetes.io/pod-name";

    private const string IndexLabel = "apps.kubernetes.io/pod-index";

    public static bool HasIdentity(PodView pod, Replica replica) =>
        pod.Labels.GetValueOrDefault(NameLabel) == replica.Name
        && pod.Labels.GetValueOrDefault(IndexLabel) == Text(replica.Ordinal);

    /// <summary>Puts the labels of its number on a stored pod.</summary>
    public static JsonObject Mark(JsonObject pod, string name, int ordinal)
    {
        var metadata = pod["metadata"]!.AsObject();
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        (labels[NameLabel], labels[IndexLabel]) = (name, Text(ordinal));
        return pod;
    }

    /// <param name="set">The set.</param>
    /// <param name="template">What its revision's pods are like.</param>
    /// <param name="step">Name, number and revision.</param>
    public static JsonObject Draft(StatefulSet set, PodTemplateSpec template, StatefulSetStep.CreatePod step)
    {
        var pod = Mark(PodWriter.Draft(Resources.StatefulSets, set.Metadata, template), step.Pod, step.Ordinal);
        pod["metadata"]!["name"] = step.Pod;
        pod["metadata"]!["labels"]![TemplateRevision.Label] = step.Revision;
        var spec = pod["spec"]!.AsObject();
        spec["hostname"] = step.Pod;
        if (set.Spec.ServiceName.Length > 0)
        {
            spec["subdomain"] = set.Spec.ServiceName;
        }

        var claims = VolumeClaims.Of(set, step.Ordinal).ToList();
        if (claims.Count > 0)
        {
            spec["volumes"] = Volumes(spec["volumes"] as JsonArray, claims);
        }

        return pod;
    }

    /// <summary>Volumes of claims take the place of the template's of the same name.</summary>
    private static JsonArray Volumes(JsonArray? given, List<VolumeClaim> claims) =>
    [
        .. claims.Select(claim => (JsonNode?)new JsonObject
        {
            ["name"] = claim.Volume,
            ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim.Name },
        }),
        .. (given ?? []).Where(volume => claims.All(claim => claim.Volume != volume?["name"]?.GetValue<string>()))
            .Select(volume => volume?.DeepClone()),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
