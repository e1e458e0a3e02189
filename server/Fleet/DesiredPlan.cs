using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Server.Fleet;

/// <summary>A bound pod as its node gets it, and the store keys of the objects it refers to.</summary>
/// <param name="Node">Where it runs.</param>
/// <param name="Entry">What its node gets.</param>
/// <param name="References">Keys in the store.</param>
/// <param name="Lease">Null where it has none (<see cref="Fencing"/>).</param>
internal sealed record DesiredPod(string Node, MapEntry Entry, IReadOnlyList<string> References, PodLease? Lease)
{
    public string Uid => Entry.Key["pods/".Length..];
}

/// <summary>Which bytes a node gets for which objects. Pure; the same objects always give the same bytes.</summary>
internal static class DesiredPlan
{
    /// <summary>Null for a pod that no node should know: it is not bound.</summary>
    public static DesiredPod? Pod(StoredObject stored) => Pod(Objects.Read(Resources.Pods, stored), stored);

    /// <summary>The same for a pod that was read already.</summary>
    public static DesiredPod? Pod(Pod pod, StoredObject stored)
    {
        if (string.IsNullOrEmpty(pod.Spec.NodeName))
        {
            return null;
        }

        return new DesiredPod(
            pod.Spec.NodeName, new MapEntry($"pods/{pod.Metadata.Uid}", Strip(stored)), ReferencesOf(pod),
            PodLease.Of(pod));
    }

    /// <summary>All entries of one node.</summary>
    /// <param name="node">The Node object.</param>
    /// <param name="pods">The pods bound to it.</param>
    /// <param name="find">Looks up a referenced object; what is absent is left out, and the agent says so.</param>
    /// <param name="isHeldBack">Which pods with a lease may not begin yet (<see cref="RestorePlan"/>).</param>
    /// <param name="sharing">How the node's GPUs are shared.</param>
    public static IReadOnlyList<MapEntry> Of(
        Node node, IEnumerable<DesiredPod> pods, Func<string, StoredObject?> find,
        Func<PodLease, bool>? isHeldBack = null, GpuSharingChoice? sharing = null)
    {
        var entries = new List<MapEntry>();
        var references = new SortedSet<string>(StringComparer.Ordinal);
        List<string>? heldBack = null;
        foreach (var pod in pods)
        {
            if (isHeldBack is not null && pod.Lease is { } lease && isHeldBack(lease))
            {
                (heldBack ??= []).Add(pod.Uid);
            }

            entries.Add(pod.Entry);
            references.UnionWith(pod.References);
        }

        heldBack?.Sort(StringComparer.Ordinal);
        entries.Insert(0, Settings(node, heldBack, sharing));
        entries.AddRange(
            from key in references
            let stored = find(key)
            where stored is not null
            select new MapEntry(DesiredKey(key), Strip(stored.Value)));
        return entries;
    }

    private static MapEntry Settings(Node node, List<string>? heldBack, GpuSharingChoice? sharing)
    {
        var keepAlive = Fencing.KeepAlive(node);
        var settings = new NodeSettings
        {
            PodCIDR = node.Spec?.PodCIDR,
            KeepAliveSeconds = keepAlive == Fencing.KeepAliveDefault ? null : (int)keepAlive.TotalSeconds,
            RenewKey = node.Metadata.Annotations?.ContainsKey(NodeKey.RenewAnnotation) == true ? true : null,
            HeldBack = heldBack,
            GpuSharing = sharing?.Text,
            GpuSharingFrom = sharing?.From,
            GpuSharingFault = sharing?.Fault,
            Labels = Sorted(node.Metadata.Labels),
        };
        return new MapEntry("node", JsonSerializer.SerializeToUtf8Bytes(settings, ModelJson.Default.NodeSettings));
    }

    private static SortedDictionary<string, string>? Sorted(IReadOnlyDictionary<string, string>? labels) =>
        labels is null ? null : new(labels.ToDictionary(), StringComparer.Ordinal);

    /// <summary>
    /// Without what the node says itself and without bookkeeping: a status that comes back must not change what the
    /// node is told, or the two would chase each other.
    /// </summary>
    private static byte[] Strip(StoredObject stored)
    {
        var tree = JsonNode.Parse(stored.Value.Span)!.AsObject();
        tree.Remove("status");
        if (tree["metadata"] is JsonObject metadata)
        {
            metadata.Remove("managedFields");
            metadata.Remove("resourceVersion");
        }

        return JsonSerializer.SerializeToUtf8Bytes(tree, ModelJson.Default.JsonObject);
    }

    /// <summary>The store key's last three parts: resource, namespace, name.</summary>
    private static string DesiredKey(string storeKey) => string.Join('/', storeKey.Split('/')[^3..]);

    private static List<string> ReferencesOf(Pod pod)
    {
        var ns = pod.Metadata.Namespace;
        var spec = pod.Spec;
        var containers = spec.Containers.Concat(spec.InitContainers ?? []).Concat(spec.EphemeralContainers ?? [])
            .ToList();
        var env = containers.SelectMany(container => container.Env ?? []).Select(variable => variable.ValueFrom);
        var envFrom = containers.SelectMany(container => container.EnvFrom ?? []).ToList();
        var volumes = spec.Volumes ?? [];
        var projected = volumes.SelectMany(volume => volume.Projected?.Sources ?? []).ToList();

        var configMaps = env.Select(source => source?.ConfigMapKeyRef?.Name)
            .Concat(envFrom.Select(source => source.ConfigMapRef?.Name))
            .Concat(volumes.Select(volume => volume.ConfigMap?.Name))
            .Concat(projected.Select(source => source.ConfigMap?.Name));
        var secrets = env.Select(source => source?.SecretKeyRef?.Name)
            .Concat(envFrom.Select(source => source.SecretRef?.Name))
            .Concat(volumes.Select(volume => volume.Secret?.SecretName))
            .Concat(projected.Select(source => source.Secret?.Name))
            .Concat((spec.ImagePullSecrets ?? []).Select(secret => secret.Name));
        var accounts = new[] { spec.ServiceAccountName ?? spec.ServiceAccount };

        return
        [
            .. Keys(Resources.ConfigMaps, ns, configMaps), .. Keys(Resources.Secrets, ns, secrets),
            .. Keys(Resources.ServiceAccounts, ns, accounts),
        ];
    }

    private static IEnumerable<string> Keys<T>(ResourceKind<T> kind, string? ns, IEnumerable<string?> names) =>
        names.Where(name => !string.IsNullOrEmpty(name)).Distinct().Select(name => kind.KeyOf(ns, name!));
}
