using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.ClusterRoles;
using Edge.Server.Control.Namespaces;
using Edge.Server.Schema.Rules;
using Edge.Server.Store;

namespace Edge.Server.Control;

/// <summary>
/// Makes what every cluster has: Kubernetes' namespaces, priority classes and roles, and what an agent must know before
/// it enrols.
/// </summary>
internal sealed class ClusterBootstrap(Objects objects, TimeProvider time)
{
    private const string InfoNamespace = "kube-public";
    private const string InfoName = "edge-cluster";

    private static readonly (string Name, int Value, string Text)[] s_classes =
    [
        (PriorityClassRules.NodeCritical, PriorityClassRules.NodeCriticalValue,
            "For pods that a node cannot do without; they must not be moved."),
        (PriorityClassRules.ClusterCritical, PriorityClassRules.ClusterCriticalValue,
            "For pods that the cluster cannot do without; they may be moved."),
    ];

    /// <summary>Returns the cluster's UID: that of namespace kube-system, as everywhere in Kubernetes.</summary>
    public async Task<string> Run(ClusterInfo info, CancellationToken ct)
    {
        foreach (var name in Deletion.KeptNamespaces)
        {
            await objects.Create(Resources.Namespaces, NewNamespace(name), ct);
        }

        foreach (var (name, value, text) in s_classes)
        {
            await objects.Create(Resources.PriorityClasses, NewClass(name, value, text), ct);
        }

        await new DefaultRolesWriter(objects, time).Run(ct);
        var uid = objects.Get(Resources.Namespaces, null, "kube-system")?.Metadata.Uid
            ?? throw new InvalidDataException("namespace \"kube-system\" has no uid");
        var data = new Dictionary<string, string>
        {
            ["cluster-uid"] = uid,
            ["broker"] = info.BrokerUrl,
            ["broker-sealed"] = info.IsSealed ? "true" : "false",
            ["node-ca.crt"] = info.NodeCaPem,
        };
        if (info.BrokerCaPem is { } pem)
        {
            data["broker-ca.crt"] = pem;
        }

        await objects.Create(Resources.ConfigMaps, new ConfigMap
        {
            Metadata = new ObjectMeta { Namespace = InfoNamespace, Name = InfoName }, Data = data,
        }, ct);

        // The broker's address may have changed since the last start.
        await objects.Update(Resources.ConfigMaps, InfoNamespace, InfoName, tree =>
        {
            var stored = new JsonObject();
            foreach (var (key, value) in data)
            {
                stored[key] = value;
            }

            tree["data"] = stored;
            return tree;
        }, ct);
        return uid;
    }

    private static PriorityClass NewClass(string name, int value, string text) => new()
    {
        Metadata = new ObjectMeta { Name = name, Generation = 1 },
        Value = value,
        Description = text,
        PreemptionPolicy = "PreemptLowerPriority",
    };

    private static Namespace NewNamespace(string name) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Labels = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = name },
        },
        Spec = new NamespaceSpec { Finalizers = [NamespacesController.Finalizer] },
        Status = new NamespaceStatus { Phase = "Active" },
    };
}

/// <summary>What a node must know of the cluster before it connects.</summary>
/// <param name="BrokerUrl">What it dials.</param>
/// <param name="IsSealed">The broker is not ours: messages are sealed end to end, and others are refused.</param>
/// <param name="BrokerCaPem">The CA of such a broker; null where it is the node CA.</param>
/// <param name="NodeCaPem">The CA of nodes, and of the server as nodes know it.</param>
internal sealed record ClusterInfo(string BrokerUrl, bool IsSealed, string? BrokerCaPem, string NodeCaPem);
