using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.Deployments;

/// <summary>Carries out the steps of a Deployment's plan.</summary>
internal sealed class DeploymentWriter(
    Objects objects, OwnedIndex<ReplicaSet> sets, EventRecorder events, TimeProvider time)
{
    private const string Component = "deployment-controller";

    private static readonly ResourceKind<ReplicaSet> s_sets = Resources.ReplicaSets;

    /// <summary>False when the name of a set to be made is taken by another one.</summary>
    public async Task<bool> Do(DeploymentState state, DeploymentStep step, CancellationToken ct)
    {
        var meta = state.Deployment.Metadata;
        switch (step)
        {
            case DeploymentStep.Adopt adopt:
                var reference = Owners.Reference(Resources.Deployments, meta);
                var uid = state.Adopt.First(set => set.Metadata.Name == adopt.Set).Metadata.Uid!;
                await Edit(meta, adopt.Set, set => Owners.Adopt(set, uid, reference), ct);
                return true;
            case DeploymentStep.Release release:
                var own = state.Release.First(set => set.Metadata.Name == release.Set).Metadata.Uid!;
                await Edit(meta, release.Set, set => Owners.Release(set, own, meta.Uid!), ct);
                return true;
            case DeploymentStep.CreateSet create:
                return await Create(state, create, ct);
            case DeploymentStep.Scale scale:
                await Scale(state, scale, ct);
                return true;
            case DeploymentStep.Mark mark:
                await Mark(state, mark, ct);
                return true;
            case DeploymentStep.DeleteSet delete:
                var doomed = state.Old.First(set => set.Name == delete.Set).Set.Metadata.Uid;
                await objects.RequestDelete(s_sets, meta.Namespace, delete.Set, doomed, graceSeconds: null, ct);
                return true;
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    private async Task<bool> Create(DeploymentState state, DeploymentStep.CreateSet step, CancellationToken ct)
    {
        var meta = state.Deployment.Metadata;
        var key = s_sets.KeyOf(meta.Namespace, step.Set);
        var ownerKey = Resources.Deployments.KeyOf(meta.Namespace, meta.Name!);
        var revision = long.Parse(meta.ResourceVersion!, CultureInfo.InvariantCulture);
        while (objects.OpenNamespace(meta.Namespace!) is { } open
            && objects.Store.Get(ownerKey) is { } stored && stored.Revision == revision)
        {
            var tree = ReplicaSetDraft.Of(
                state, ObjectBytes.Read(stored), step, objects.NewUid(), time.GetUtcNow());
            var op = StoreOp.Put(key, ObjectBytes.Write(tree));
            switch (await objects.Store.Txn([new(key, 0), open, new(ownerKey, revision)], [op], ct))
            {
                case TxnResult.Committed:
                    sets.Look(key);
                    await Announce(state.Deployment, step.Set, 0, step.Replicas, ct);
                    await MarkDeployment(meta, step.Revision, ct);
                    return true;
                case TxnResult.Conflict taken when taken.Key == key:
                    return false;
            }
        }

        // The Deployment has changed since it was read: it is looked at again anyway.
        return true;
    }

    private async Task Scale(DeploymentState state, DeploymentStep.Scale step, CancellationToken ct)
    {
        await Edit(state.Deployment.Metadata, step.Set, set =>
        {
            SetNumber(set, "replicas", step.To);
            RevisionMark.PutSizes(set, state);
            return set;
        }, ct);
        if (step.From != step.To)
        {
            await Announce(state.Deployment, step.Set, step.From, step.To, ct);
        }
    }

    private async Task Mark(DeploymentState state, DeploymentStep.Mark step, CancellationToken ct)
    {
        await Edit(state.Deployment.Metadata, step.Set, set =>
        {
            RevisionMark.Put(set, state.Deployment, step.Revision);
            SetNumber(set, "minReadySeconds", state.Deployment.Spec.MinReadySeconds ?? 0);
            return set;
        }, ct);
        await MarkDeployment(state.Deployment.Metadata, step.Revision, ct);
    }

    private async Task MarkDeployment(ObjectMeta meta, long revision, CancellationToken ct) =>
        await objects.Update(Resources.Deployments, meta.Namespace, meta.Name!, tree =>
        {
            var metadata = tree["metadata"]!.AsObject();
            if (metadata["annotations"] is not JsonObject annotations)
            {
                metadata["annotations"] = annotations = [];
            }

            annotations[RevisionSet.RevisionAnnotation] = RevisionMark.Text(revision);
            return tree;
        }, ct);

    private async Task Edit(
        ObjectMeta deployment, string set, Func<JsonObject, JsonObject?> change, CancellationToken ct)
    {
        await objects.Update(s_sets, deployment.Namespace, set, change, ct);
        sets.Look(s_sets.KeyOf(deployment.Namespace, set));
    }

    /// <summary>A change of the spec counts in the generation.</summary>
    private static void SetNumber(JsonObject set, string field, int value)
    {
        var spec = set["spec"]!.AsObject();
        if ((spec[field]?.GetValue<int>() ?? 0) != value)
        {
            spec[field] = value;
            var metadata = set["metadata"]!.AsObject();
            metadata["generation"] = (metadata["generation"]?.GetValue<long>() ?? 0) + 1;
        }
    }

    private Task Announce(Deployment deployment, string set, int from, int to, CancellationToken ct) =>
        events.Record(
            new EventNote(
                EventNote.Of(Resources.Deployments, deployment.Metadata), EventNote.Normal, "ScalingReplicaSet",
                $"Scaled {(to >= from ? "up" : "down")} replica set {set} from {from} to {to}"),
            Component, host: null, times: 1, ct);
}
