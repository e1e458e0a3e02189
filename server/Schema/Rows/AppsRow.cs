using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>The lines of the kinds of apps/v1 in <c>kubectl get</c>.</summary>
internal static class AppsRow
{
    public static IReadOnlyList<JsonNode?> Deployment(JsonObject obj, DateTimeOffset now)
    {
        var (spec, status, (names, images)) = Parts(obj);
        return
        [
            Name(obj),
            $"{Count(status, "readyReplicas")}/{Count(spec, "replicas")}",
            Count(status, "updatedReplicas"),
            Count(status, "availableReplicas"),
            RowAge.Age(obj, now),
            names,
            images,
            TemplateCells.Selector(spec.Object("selector")),
        ];
    }

    public static IReadOnlyList<JsonNode?> ReplicaSet(JsonObject obj, DateTimeOffset now) =>
        Replicas(obj, TemplateCells.Selector(obj.Object("spec").Object("selector")), now);

    /// <summary>Its selector is a plain map.</summary>
    public static IReadOnlyList<JsonNode?> ReplicationController(JsonObject obj, DateTimeOffset now) =>
        Replicas(obj, TemplateCells.Labels(obj.Object("spec").Object("selector")), now);

    public static IReadOnlyList<JsonNode?> PodTemplate(JsonObject obj)
    {
        var template = obj.Object("template");
        var (names, images) = TemplateCells.Containers(template.Object("spec"));
        return [Name(obj), names, images, TemplateCells.Labels(template.Object("metadata").Object("labels"))];
    }

    public static IReadOnlyList<JsonNode?> StatefulSet(JsonObject obj, DateTimeOffset now)
    {
        var (spec, status, (names, images)) = Parts(obj);
        return
        [
            Name(obj),
            $"{Count(status, "readyReplicas")}/{Count(spec, "replicas")}",
            RowAge.Age(obj, now),
            names,
            images,
        ];
    }

    public static IReadOnlyList<JsonNode?> DaemonSet(JsonObject obj, DateTimeOffset now)
    {
        var (spec, status, (names, images)) = Parts(obj);
        return
        [
            Name(obj),
            Count(status, "desiredNumberScheduled"),
            Count(status, "currentNumberScheduled"),
            Count(status, "numberReady"),
            Count(status, "updatedNumberScheduled"),
            Count(status, "numberAvailable"),
            TemplateCells.Labels(spec.Object("template").Object("spec").Object("nodeSelector")),
            RowAge.Age(obj, now),
            names,
            images,
            TemplateCells.Selector(spec.Object("selector")),
        ];
    }

    public static IReadOnlyList<JsonNode?> ControllerRevision(JsonObject obj, DateTimeOffset now)
    {
        var owner = obj.Object("metadata").Objects("ownerReferences").FirstOrDefault(one => one.Flag("controller"));
        return
        [
            Name(obj),
            owner is null ? "<none>" : $"{KindAndGroup(owner).ToLowerInvariant()}/{owner.Text("name")}",
            Count(obj, "revision"),
            RowAge.Age(obj, now),
        ];
    }

    private static IReadOnlyList<JsonNode?> Replicas(JsonObject obj, string selector, DateTimeOffset now)
    {
        var (spec, status, (names, images)) = Parts(obj);
        return
        [
            Name(obj),
            Count(spec, "replicas"),
            Count(status, "replicas"),
            Count(status, "readyReplicas"),
            RowAge.Age(obj, now),
            names,
            images,
            selector,
        ];
    }

    private static (JsonObject? Spec, JsonObject? Status, (string Names, string Images) Containers) Parts(
        JsonObject obj)
    {
        var spec = obj.Object("spec");
        return (spec, obj.Object("status"), TemplateCells.Containers(spec.Object("template").Object("spec")));
    }

    private static string KindAndGroup(JsonObject owner)
    {
        var version = owner.Text("apiVersion");
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? owner.Text("kind") : $"{owner.Text("kind")}.{version[..slash]}";
    }

    private static string Name(JsonObject obj) => obj.Object("metadata").Text("name");

    private static long Count(JsonObject? part, string field) => part.Number(field) ?? 0;
}
