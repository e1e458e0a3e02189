using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>Reads and changes the size of what an autoscaler may scale: workloads of apps/v1 with a scale.</summary>
internal sealed class ScaleTargets(
    Objects objects, PodIndex pods, OwnedIndex<ReplicaSet> sets, ILogger<ScaleTargets> log)
{
    private const string Group = "apps";

    /// <summary>The target's size, or why it has none.</summary>
    public ScaleTarget Read(string ns, CrossVersionObjectReference target)
    {
        if (GroupOf(target.ApiVersion) is not { } group)
        {
            return new ScaleTarget.Unavailable($"unexpected GroupVersion string: {target.ApiVersion}");
        }

        var (found, resource) = (group, target.Kind) switch
        {
            (Group, "Deployment") => (
                objects.Get(Resources.Deployments, ns, target.Name) is { } it
                    ? Found(target, it.Metadata, it.Spec.Replicas, it.Spec.Selector) : null,
                "deployments"),
            (Group, "ReplicaSet") => (
                objects.Get(Resources.ReplicaSets, ns, target.Name) is { } it
                    ? Found(target, it.Metadata, it.Spec.Replicas, it.Spec.Selector) : null,
                "replicasets"),
            (Group, "StatefulSet") => (
                objects.Get(Resources.StatefulSets, ns, target.Name) is { } it
                    ? Found(target, it.Metadata, it.Spec.Replicas, it.Spec.Selector) : null,
                "statefulsets"),
            _ => ((ScaleTarget?)null, ""),
        };
        return found ?? new ScaleTarget.Unavailable(
            resource.Length > 0 ? $"{resource}/scale.{Group} \"{target.Name}\" not found"
            : IsServed(group, target) ? "the server could not find the requested resource"
            : $"no matches for kind \"{target.Kind}\" in group \"{group}\"");
    }

    /// <summary>The pods that the target manages, through its revisions too.</summary>
    public IReadOnlyList<Pod> PodsOf(ScaleTarget.Found target)
    {
        var views = target.Kind == "Deployment"
            ? sets.OwnedBy(target.Uid).SelectMany(set => pods.OwnedBy(set.Metadata.Uid!))
            : pods.OwnedBy(target.Uid);
        return
        [
            .. views.Select(view => objects.Store.Get(view.Key) is { } stored
                ? Objects.TryRead(Resources.Pods, stored, log)
                : null).OfType<Pod>().OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// False when the target is gone, or got another size meanwhile. The size is then the autoscaler's: who applies the
    /// workload with a size of their own is told of the conflict.
    /// </summary>
    public async Task<bool> Scale(
        string ns, string name, ScaleTarget.Found target, int replicas, DateTimeOffset now, CancellationToken ct)
    {
        var schema = SchemaCatalog.Default.FindKind(Group, "v1", target.Kind)!;
        var who = new FieldOwner(
            "kube-controller-manager", Applied: false, schema.ApiVersion, "scale", TimeJson.Text(now), FieldSet.Empty);
        var done = false;
        JsonObject? Change(JsonObject tree)
        {
            var (metadata, spec) = (tree["metadata"]!.AsObject(), tree["spec"]!.AsObject());
            done = metadata["uid"]?.GetValue<string>() == target.Uid
                && (spec["replicas"]?.GetValue<int>() ?? 1) == target.Replicas;
            if (!done)
            {
                return null;
            }

            var old = tree.Copy();
            spec["replicas"] = replicas;
            metadata["generation"] = (metadata["generation"]?.GetValue<long>() ?? 0) + 1;
            FieldTracking.Stamp(new FieldVersions(SchemaCatalog.Default, schema), old, tree, who);
            return tree;
        }

        _ = target.Kind switch
        {
            "Deployment" => await objects.Update(Resources.Deployments, ns, name, Change, ct),
            "ReplicaSet" => await objects.Update(Resources.ReplicaSets, ns, name, Change, ct),
            "StatefulSet" => await objects.Update(Resources.StatefulSets, ns, name, Change, ct),
            _ => throw new InvalidOperationException($"{target.Kind} has no scale"),
        };
        return done;
    }

    /// <summary>The group of an apiVersion; empty of the core, null of what is none.</summary>
    public static string? GroupOf(string? apiVersion) => (apiVersion ?? "").Split('/') switch
    {
        [_] => "",
        [var group, _] => group,
        _ => null,
    };

    private static ScaleTarget.Found Found(
        CrossVersionObjectReference target, ObjectMeta meta, int? replicas, LabelSelector? selector) =>
        new ScaleTarget.Found(target.Kind, meta.Uid ?? "", replicas ?? 1, selector);

    private static bool IsServed(string group, CrossVersionObjectReference target) =>
        SchemaCatalog.Default.FindKind(group, (target.ApiVersion ?? "").Split('/')[^1], target.Kind) is not null;
}
