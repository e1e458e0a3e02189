using System.Text.Json.Nodes;
using Edge.Server.Control.StatefulSets;

namespace Edge.Tests.Server.Control;

/// <summary>ControllerRevisions, and what marks a pod as of one, as golden cases write them.</summary>
internal static class RevisionInShort
{
    /// <param name="given"><c>{name, of, number, image}</c>.</param>
    /// <param name="owner">What <c>of</c> names; its template is kept, with another image where one is given.</param>
    public static JsonObject Object(JsonObject given, JsonObject owner)
    {
        var template = owner["spec"]!["template"]!.DeepClone().AsObject();
        if (given["image"] is { } image)
        {
            template["spec"]!["containers"]![0]!["image"] = image.DeepClone();
        }

        var name = given["name"]!.ToString();
        var hash = name[(owner["metadata"]!["name"]!.ToString().Length + 1)..];
        var labels = template["metadata"]!["labels"]!.DeepClone().AsObject();
        labels[owner["kind"]!.ToString() == "DaemonSet" ? "controller-revision-hash" : "controller.kubernetes.io/hash"]
            = hash;
        template["$patch"] = "replace";
        return new JsonObject
        {
            ["apiVersion"] = "apps/v1", ["kind"] = "ControllerRevision",
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = labels },
            ["ownedBy"] = given["of"]!.DeepClone(),
            ["data"] = new JsonObject { ["spec"] = new JsonObject { ["template"] = template } },
            ["revision"] = int.Parse(given["number"]!.ToString()),
        };
    }

    /// <summary>Labels of a pod that a StatefulSet or DaemonSet made of a revision.</summary>
    public static void Mark(JsonObject metadata, string? of, string? revision)
    {
        if (revision is null)
        {
            return;
        }

        var labels = metadata["labels"]!.AsObject();
        labels["controller-revision-hash"] = revision;
        if (of?.StartsWith("StatefulSet/", StringComparison.Ordinal) == true)
        {
            var name = metadata["name"]!.ToString();
            labels["statefulset.kubernetes.io/pod-name"] = name;
            labels["apps.kubernetes.io/pod-index"] = Ordinals.Split(name)!.Value.Ordinal.ToString();
        }
    }
}
