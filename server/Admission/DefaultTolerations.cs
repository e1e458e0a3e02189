using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Admission;

/// <summary>
/// How long pods that say nothing about it stay on a node that is not ready or not reachable (Kubernetes' admission
/// plugin DefaultTolerationSeconds). Null, the default, adds nothing: then a pod stays, because a node that is cut off
/// is not dead.
/// </summary>
internal sealed record DefaultTolerations(int? NotReadySeconds, int? UnreachableSeconds)
{
    private const string NotReady = "node.kubernetes.io/not-ready";
    private const string Unreachable = "node.kubernetes.io/unreachable";
    private const string NoExecute = "NoExecute";

    public static DefaultTolerations None { get; } = new(null, null);

    /// <summary>In place; a toleration that covers the taint already is left as it is.</summary>
    public void AddTo(JsonObject spec)
    {
        Add(spec, NotReady, NotReadySeconds);
        Add(spec, Unreachable, UnreachableSeconds);
    }

    private static void Add(JsonObject spec, string key, int? seconds)
    {
        if (seconds is null || spec.Objects("tolerations").Any(toleration => Covers(toleration, key)))
        {
            return;
        }

        if (spec["tolerations"] is not JsonArray list)
        {
            spec["tolerations"] = list = [];
        }

        list.Add((JsonNode)new JsonObject
        {
            ["key"] = key, ["operator"] = "Exists", ["effect"] = NoExecute, ["tolerationSeconds"] = seconds,
        });
    }

    private static bool Covers(JsonObject toleration, string key) =>
        (toleration.Text("key").Length == 0 || toleration.Text("key") == key)
        && (toleration.Text("effect") is "" or NoExecute);
}
