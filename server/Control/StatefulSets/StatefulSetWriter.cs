using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.StatefulSets;

/// <summary>Carries out the steps of a StatefulSet's plan.</summary>
internal sealed class StatefulSetWriter(Objects objects, PodWriter pods, TimeProvider time)
{
    private const string Component = "statefulset-controller";

    private static readonly ResourceKind<StatefulSet> s_kind = Resources.StatefulSets;

    /// <summary>Null when it is done, otherwise why pods could not be made.</summary>
    public async Task<string?> Do(StatefulSetState state, StatefulSetPlan plan, CancellationToken ct)
    {
        var meta = state.Set.Metadata;
        await pods.Claim(s_kind, meta, plan.Claims, ct);
        var byName = plan.Claims.All.ToDictionary(pod => pod.Name);
        List<PodView> doomed = [];
        List<StatefulSetStep.CreatePod> missing = [];
        foreach (var step in plan.Steps)
        {
            switch (step)
            {
                case StatefulSetStep.CreateClaim claim:
                    await Create(state, claim, byName.GetValueOrDefault(PodOf(meta, claim.Ordinal)), ct);
                    break;
                case StatefulSetStep.OwnClaim claim:
                    var holder = byName.GetValueOrDefault(PodOf(meta, claim.Ordinal));
                    await objects.Update(
                        Resources.PersistentVolumeClaims, meta.Namespace, claim.Claim,
                        tree => ClaimDraft.Own(
                            tree, state.Set, holder, ClaimDraft.Reference(claim.Owner, state.Set, holder)), ct);
                    break;
                case StatefulSetStep.CreatePod create:
                    missing.Add(create);
                    break;
                case StatefulSetStep.MarkPod mark:
                    await pods.Edit(
                        byName[mark.Pod], tree => StatefulPod.Mark(tree, mark.Pod, mark.Ordinal), ct);
                    break;
                case StatefulSetStep.DeletePod delete:
                    doomed.Add(byName[delete.Pod]);
                    break;
                default:
                    throw new InvalidOperationException($"unknown step {step}");
            }
        }

        await pods.Delete(s_kind, meta, doomed, Component, ct);
        return missing.Count == 0 ? null : await Create(state, missing, ct);
    }

    private async Task<string?> Create(
        StatefulSetState state, List<StatefulSetStep.CreatePod> missing, CancellationToken ct)
    {
        var meta = state.Set.Metadata;
        var drafts = missing.Select(step => StatefulPod.Draft(state.Set, TemplateOf(state, step.Revision), step));
        var made = await pods.Create(s_kind, meta, [.. drafts], Component, ct);
        if (made.Refusal is not null)
        {
            return made.Refusal;
        }

        foreach (var step in missing)
        {
            // A name that a stranger holds frees itself without telling us.
            if (!made.Created.Contains(step.Pod)
                && objects.Get(Resources.Pods, meta.Namespace, step.Pod) is { } other
                && !Owners.IsControlledBy(other.Metadata, meta.Uid))
            {
                var refusal = $"pods \"{step.Pod}\" already exists";
                await pods.TellFailure(s_kind, meta, step.Pod, refusal, Component, ct);
                return refusal;
            }
        }

        return null;
    }

    private async Task Create(
        StatefulSetState state, StatefulSetStep.CreateClaim step, PodView? pod, CancellationToken ct)
    {
        var (set, meta) = (state.Set, state.Set.Metadata);
        if (objects.OpenNamespace(meta.Namespace!) is not { } open)
        {
            return;
        }

        var claim = VolumeClaims.Of(set, step.Ordinal).First(one => one.Name == step.Claim);
        var tree = ClaimDraft.Of(
            set, claim, ClaimDraft.Reference(step.Owner, set, pod), objects.NewUid(), time.GetUtcNow());
        var key = Resources.PersistentVolumeClaims.KeyOf(meta.Namespace, step.Claim);
        if (await objects.Store.Txn([new(key, 0), open], [StoreOp.Put(key, ObjectBytes.Write(tree))], ct)
            is TxnResult.Committed)
        {
            var name = PodOf(meta, step.Ordinal);
            await pods.Tell(
                s_kind, meta, EventNote.Normal, "SuccessfulCreate",
                $"create Claim {step.Claim} Pod {name} in StatefulSet {meta.Name} success", Component, ct);
        }
    }

    private static PodTemplateSpec TemplateOf(StatefulSetState state, string revision) =>
        revision == state.UpdateRevision
            ? state.Set.Spec.Template
            : state.History.Find(revision)?.Template ?? state.Set.Spec.Template;

    private static string PodOf(ObjectMeta set, int ordinal) => Ordinals.PodName(set, ordinal);
}
