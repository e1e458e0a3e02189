using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Deployments;

/// <summary>Rolls a Deployment's template out by ReplicaSets, one a revision (apps/v1).</summary>
internal sealed class DeploymentsController(
    Objects objects, PodIndex pods, OwnedIndex<ReplicaSet> sets, NodeReach nodes, DeploymentWriter writer,
    TimeProvider time, ILogger<DeploymentsController> log) : IController
{
    private static readonly ResourceKind<Deployment> s_kind = Resources.Deployments;

    private readonly TemplateHash _hashes = new();

    public string Name => "deployments";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(s_kind.Prefix()),
        sets.Source(KeysOf, AllKeys),
        pods.Source(KeysOf, AllKeys),
        nodes.Source(pods, KeysOf),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (Read(key, now) is not { } state)
        {
            return null;
        }

        var plan = DeploymentPlan.Of(state, now);
        var status = plan.Status;
        foreach (var step in plan.Steps)
        {
            log.Steps(key, step);
            if (!await writer.Do(state, step, ct))
            {
                // The name is another's: the next look takes the next one.
                status = status with { CollisionCount = (status.CollisionCount ?? 0) + 1 };
            }
        }

        await WriteStatus(state.Deployment.Metadata, status, ct);
        return plan.CheckAgain;
    }

    /// <summary>Null when the Deployment is gone.</summary>
    internal DeploymentState? Read(string key, DateTimeOffset now)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { } deployment)
        {
            return null;
        }

        var (meta, spec) = (deployment.Metadata, deployment.Spec);
        bool Matches(ReplicaSet set) => spec.Selector?.Matches(set.Metadata.Labels) == true;
        var owned = sets.OwnedBy(meta.Uid!);
        var adopt = meta.DeletionTimestamp is null
            ? sets.Unowned(ns).Where(set => set.Metadata.DeletionTimestamp is null && Matches(set)).ToList()
            : [];
        var hash = _hashes.Of(meta, spec.Template);
        var views = owned.Where(Matches).Concat(adopt).OrderBy(set => set.Metadata.CreationTimestamp)
            .ThenBy(set => set.Metadata.Name)
            .Select(set => RevisionSet.From(
                set, pods.OwnedBy(set.Metadata.Uid!), nodes.IsAbsent, spec.MinReadySeconds ?? 0, now))
            .ToList();
        var fresh = views.FirstOrDefault(view => view.Set.Metadata.DeletionTimestamp is null
            && _hashes.Of(view.Set.Metadata, view.Set.Spec.Template) == hash);
        return new DeploymentState(
            deployment, $"{meta.Name}-{TemplateHash.Name(hash, deployment.Status?.CollisionCount ?? 0)}", fresh,
            [.. views.Where(view => view != fresh)], adopt,
            meta.DeletionTimestamp is null ? [.. owned.Where(set => !Matches(set))] : []);
    }

    private Task<UpdateOutcome> WriteStatus(ObjectMeta meta, DeploymentStatus status, CancellationToken ct) =>
        objects.UpdateStatus(
            s_kind, meta, JsonSerializer.SerializeToNode(status, WorkloadJson.Default.DeploymentStatus)!, ct);

    private IEnumerable<string> KeysOf(OwnedView set) => set.Controller switch
    {
        { Kind: "Deployment" } owner => [$"{set.Namespace}/{owner.Name}"],
        null => objects.List(s_kind, set.Namespace).Select(found => $"{set.Namespace}/{found.Metadata.Name}"),
        _ => [],
    };

    private IEnumerable<string> KeysOf(PodView pod) =>
        pod.Controller is { Kind: "ReplicaSet" } owner
            && sets.Look(Resources.ReplicaSets.KeyOf(pod.Namespace, owner.Name)) is { Controller: not null } set
            ? KeysOf(set)
            : [];

    private IEnumerable<string> AllKeys() => ControllerKey.All(objects.Store, s_kind);
}
