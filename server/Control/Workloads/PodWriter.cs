using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Store;

namespace Edge.Server.Control.Workloads;

/// <summary>What became of a call that makes pods.</summary>
/// <param name="Created">Names of the pods that are in the store now.</param>
/// <param name="Refusal">Why admission refused the template, or null.</param>
internal sealed record PodsCreated(IReadOnlyList<string> Created, string? Refusal);

/// <summary>Makes, takes over, lets go and deletes the pods of workloads, and tells their owner's Events.</summary>
internal sealed class PodWriter(
    Objects objects, PodAdmission admission, PodIndex pods, NameSuffix suffix, EventRecorder events,
    TimeProvider time)
{
    /// <summary>Pods of one transaction: few enough that other writers are not held up by a large workload.</summary>
    private const int TransactionPods = 100;

    /// <summary>What is longer of a generateName is cut, so that the name stays a label, as upstream.</summary>
    private const int PrefixMax = 63 - NameSuffix.Length;

    /// <summary>How the owner's Events tell of its pods.</summary>
    public PodWords Words { get; init; } = PodWords.Usual;

    /// <summary>The pod that a template describes, owned; name and what differs per pod are the caller's.</summary>
    public static JsonObject Draft<T>(ResourceKind<T> kind, ObjectMeta owner, PodTemplateSpec template)
    {
        var metadata = new JsonObject();
        Copy(metadata, "labels", template.Metadata.Labels);
        Copy(metadata, "annotations", template.Metadata.Annotations);
        if (template.Metadata.Finalizers is { Count: > 0 } finalizers)
        {
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(name => (JsonNode)name)]);
        }

        metadata["ownerReferences"] = new JsonArray(Owners.Reference(kind, owner));
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = template.Spec is { } spec ? JsonObject.Create(spec)!.DeepClone() : new JsonObject(),
        };
    }

    /// <summary>Makes so many equal pods with generated names.</summary>
    public Task<PodsCreated> Create<T>(
        ResourceKind<T> kind, ObjectMeta owner, PodTemplateSpec template, int count, string component,
        CancellationToken ct)
    {
        var draft = Draft(kind, owner, template);
        draft["metadata"]!["generateName"] = owner.Name + "-";
        return Create(kind, owner, [.. Enumerable.Repeat(draft, count)], component, ct);
    }

    /// <summary>
    /// Makes a pod of each draft, which has a name or a generateName; the same draft may stand several times. Nothing
    /// is made once the owner has changed since it was read: it is looked at again anyway. A name that is taken is
    /// left to its holder.
    /// </summary>
    public async Task<PodsCreated> Create<T>(
        ResourceKind<T> kind, ObjectMeta owner, IReadOnlyList<JsonObject> drafts, string component,
        CancellationToken ct)
    {
        var ownerKey = kind.KeyOf(owner.Namespace, owner.Name!);
        var read = new Compare(ownerKey, long.Parse(owner.ResourceVersion!, CultureInfo.InvariantCulture));
        var made = new List<JsonObject>(drafts.Count);
        JsonObject? last = null;
        foreach (var draft in drafts)
        {
            if (ReferenceEquals(draft, last))
            {
                made.Add(Another(made[^1], draft));
                continue;
            }

            var pod = draft.DeepClone().AsObject();
            Name(pod);
            if (admission.Make(pod, owner.Namespace!, time.GetUtcNow()) is { } refusal)
            {
                await TellFailure(kind, owner, pod["metadata"]!["name"]!.GetValue<string>(), refusal, component, ct);
                return new PodsCreated([], refusal);
            }

            made.Add(pod);
            last = draft;
        }

        var stored = await Task.WhenAll(made.Chunk(TransactionPods).Select(chunk => Store(chunk, read, ct)));
        List<string> names = [.. stored.SelectMany(chunk => chunk)];
        await Task.WhenAll(names.Select(name =>
            Tell(kind, owner, EventNote.Normal, "SuccessfulCreate", Words.Created(name, owner.Name!), component, ct)));
        return new PodsCreated(names, null);
    }

    /// <summary>
    /// Deletes pods with their own grace. One that was not ready when it was chosen and is by now stays: its change
    /// asks for another look, which may choose another.
    /// </summary>
    public async Task Delete<T>(
        ResourceKind<T> kind, ObjectMeta owner, IEnumerable<PodView> doomed, string component, CancellationToken ct) =>
        await Task.WhenAll(doomed.Select(async pod =>
        {
            DeleteOutcome? outcome = null;
            while (outcome is null && objects.Store.Get(pod.Key) is { } stored
                && pods.Look(pod.Key) is { } now && now.Uid == pod.Uid && (pod.IsReady || !now.IsReady))
            {
                outcome = await objects.TryDelete(stored, new DeletionWish(), [], ct);
            }

            if (outcome is DeleteOutcome.Deleted or DeleteOutcome.Marked)
            {
                await Tell(
                    kind, owner, EventNote.Normal, "SuccessfulDelete", Words.Deleted(pod.Name, owner.Name!), component,
                    ct);
            }
        }));

    /// <summary>Takes over and lets go what the claims say.</summary>
    public Task Claim<T>(ResourceKind<T> kind, ObjectMeta owner, PodClaims claims, CancellationToken ct) =>
        Claim(kind, owner, claims, pod => pod, pod => pod, ct);

    /// <summary>The same, and what else changes of a pod that is adopted or released.</summary>
    public async Task Claim<T>(
        ResourceKind<T> kind, ObjectMeta owner, PodClaims claims, Func<JsonObject, JsonObject> adopted,
        Func<JsonObject, JsonObject> released, CancellationToken ct)
    {
        var reference = Owners.Reference(kind, owner);
        await Task.WhenAll(claims.Adopt
            .Select(pod => Edit(
                pod, tree => Owners.Adopt(tree, pod.Uid, reference) is { } own ? adopted(own) : null, ct))
            .Concat(claims.Release.Select(pod => Edit(
                pod, tree => Owners.Release(tree, pod.Uid, owner.Uid!) is { } free ? released(free) : null, ct))));
    }

    /// <summary>Changes the stored pod, if it is still the one that was read.</summary>
    public async Task Edit(PodView pod, Func<JsonObject, JsonObject?> change, CancellationToken ct)
    {
        await objects.Update(
            Resources.Pods, pod.Namespace, pod.Name,
            tree => tree["metadata"]?["uid"]?.GetValue<string>() == pod.Uid ? change(tree) : null, ct);
        pods.Look(pod.Key);
    }

    public Task TellFailure<T>(
        ResourceKind<T> kind, ObjectMeta owner, string pod, string refusal, string component, CancellationToken ct) =>
        Tell(
            kind, owner, EventNote.Warning, "FailedCreate", Words.Failed(pod, owner.Name!, refusal), component, ct);

    public Task Tell<T>(
        ResourceKind<T> kind, ObjectMeta owner, string type, string reason, string message, string component,
        CancellationToken ct) =>
        events.Record(
            new EventNote(EventNote.Of(kind, owner), type, reason, message), component, host: null, times: 1, ct);

    private async Task<IReadOnlyList<string>> Store(JsonObject[] made, Compare owner, CancellationToken ct)
    {
        var ns = made[0]["metadata"]!["namespace"]!.GetValue<string>();
        var waiting = made.ToList();
        while (waiting.Count > 0 && objects.OpenNamespace(ns) is { } open)
        {
            // Loops: operators over a struct are compiled anew for it, which the binary would pay for.
            var compares = new List<Compare> { owner, open };
            var ops = new List<StoreOp>(waiting.Count);
            foreach (var pod in waiting)
            {
                var key = Resources.Pods.KeyOf(ns, NameOf(pod));
                compares.Add(new Compare(key, 0));
                ops.Add(StoreOp.Put(key, ObjectBytes.Write(pod)));
            }

            if (await objects.Store.Txn(compares, ops, ct) is not TxnResult.Conflict conflict)
            {
                ops.ForEach(op => pods.Look(op.Key));
                return [.. waiting.Select(NameOf)];
            }

            if (conflict.Key == owner.Key)
            {
                return [];
            }

            if (waiting.Find(pod => Resources.Pods.KeyOf(ns, NameOf(pod)) == conflict.Key) is { } taken)
            {
                _ = taken["metadata"]!["generateName"] is null ? waiting.Remove(taken) : Name(taken);
            }
        }

        return [];
    }

    private JsonObject Another(JsonObject made, JsonObject draft)
    {
        var pod = made.DeepClone().AsObject();
        pod["metadata"]!["generateName"] = draft["metadata"]!["generateName"]!.GetValue<string>();
        pod["metadata"]!["uid"] = objects.NewUid();
        Name(pod);
        return pod;
    }

    /// <summary>Always true, so that it may stand in an expression.</summary>
    private bool Name(JsonObject pod)
    {
        var metadata = pod["metadata"]!.AsObject();
        if (metadata["generateName"]?.GetValue<string>() is { } prefix)
        {
            metadata["name"] = (prefix.Length > PrefixMax ? prefix[..PrefixMax] : prefix) + suffix.Next();
        }

        return true;
    }

    private static string NameOf(JsonObject pod) => pod["metadata"]!["name"]!.GetValue<string>();

    private static void Copy(JsonObject metadata, string name, IReadOnlyDictionary<string, string>? values)
    {
        if (values is { Count: > 0 })
        {
            metadata[name] = new JsonObject(
                values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        }
    }
}
