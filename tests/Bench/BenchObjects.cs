using System.Text;
using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Bench;

/// <summary>
/// A fleet for the scheduler: nodes in ten zones, and applications of twenty replicas, half of which keep off each
/// other's host or spread over zones, as their manifests usually say.
/// </summary>
internal static class BenchObjects
{
    private const int Replicas = 20;
    private const int Zones = 10;

    public static StoredObject Namespace() => Stored(Resources.Namespaces.KeyOf(null, "default"),
        """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default","uid":"ns"}}""");

    public static StoredObject Node(int index) => Stored(Resources.Nodes.KeyOf(null, NameOf(index)), $$$"""
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{NameOf(index)}}}","uid":"{{{index}}}","labels":
        {"kubernetes.io/hostname":"{{{NameOf(index)}}}","kubernetes.io/arch":"arm64","kubernetes.io/os":"linux",
        "topology.kubernetes.io/zone":"zone-{{{index % Zones}}}"}},"status":{"allocatable":
        {"cpu":"16","memory":"32Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True"}]}}
        """);

    /// <summary>Eight GPUs, say, in pairs that are linked, on boards of four, each with a processor.</summary>
    public static StoredObject GpuNode(int index, int gpus)
    {
        var inventory = new GpuInventory
        {
            Driver = "550.54.15", Cuda = "12.4",
            Devices =
            [
                .. Enumerable.Range(0, gpus).Select(gpu => new GpuDevice
                {
                    Uuid = $"GPU-{index:x8}-{gpu:x4}-2222-3333-444444444444", Index = gpu, Minor = gpu,
                    Product = "NVIDIA L40S", Bus = $"0000:{0x19 + (16 * gpu):x2}:00.0", Numa = gpu / 4,
                    MemoryBytes = 48L << 30, Compute = "8.9",
                    Distances = [.. Enumerable.Range(0, gpus).Select(
                        other => other == gpu ? 0 : other / 2 == gpu / 2 ? 20 : other / 4 == gpu / 4 ? 40 : 50)],
                    NvLinks = [.. Enumerable.Range(0, gpus).Select(
                        other => other != gpu && other / 2 == gpu / 2 ? 4 : 0)],
                }),
            ],
        };
        var annotation = JsonEncodedText.Encode(Encoding.UTF8.GetString(GpuJson.Bytes(inventory)));
        var plain = Encoding.UTF8.GetString(Node(index).Value.Span);
        return Stored(Resources.Nodes.KeyOf(null, NameOf(index)), plain
            .Replace("\"labels\":", $"\"annotations\":{{\"{GpuInventory.Annotation}\":\"{annotation}\"}},\"labels\":")
            .Replace("\"pods\":\"110\"", $"\"pods\":\"110\",\"{GpuDevice.Gpu}\":\"{gpus}\""));
    }

    /// <summary>Asks for so many GPUs.</summary>
    public static StoredObject GpuPod(int index, int gpus)
    {
        var plain = Plain("gpus", index);
        return Stored(plain.Key, Encoding.UTF8.GetString(plain.Value.Span)
            .Replace("\"memory\":\"128Mi\"", $"\"memory\":\"128Mi\",\"{GpuDevice.Gpu}\":\"{gpus}\"")
            .Replace("\"memory\":\"256Mi\"", $"\"memory\":\"256Mi\",\"{GpuDevice.Gpu}\":\"{gpus}\""));
    }

    /// <summary>Pods of many applications, ten a node, each application's on nodes far from each other.</summary>
    public static StoredObject PlacedPod(int index, int nodes)
    {
        var app = index / Replicas;
        var node = (index % nodes + index / nodes * 7) % nodes;
        var rules = (app % 4) switch
        {
            0 => Apart($"placed-{app}"),
            1 => Spread($"placed-{app}"),
            _ => "",
        };
        return Pod($"placed-{app}", $"placed-{app}-{index % Replicas}", $"\"nodeName\":\"{NameOf(node)}\",", rules);
    }

    /// <summary>A replica that keeps off its own host and zone, or spreads over zones and hosts.</summary>
    public static StoredObject Related(string prefix, int index)
    {
        var app = $"{prefix}-{index / Replicas}";
        return Pod(app, $"{app}-{index % Replicas}", "",
            index / Replicas % 2 == 0 ? Apart(app) : Spread(app));
    }

    public static StoredObject Plain(string prefix, int index)
    {
        var app = $"{prefix}-{index / Replicas}";
        return Pod(app, $"{app}-{index % Replicas}", "", "");
    }

    private static string NameOf(int node) => $"node-{node:D5}";

    private static string Apart(string app) => $$$$"""
        "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
        {"labelSelector":{"matchLabels":{"app":"{{{{app}}}}"}},"topologyKey":"kubernetes.io/hostname"}],
        "preferredDuringSchedulingIgnoredDuringExecution":[{"weight":100,"podAffinityTerm":
        {"labelSelector":{"matchLabels":{"app":"{{{{app}}}}"}},"topologyKey":"topology.kubernetes.io/zone"}}]}},
        """;

    private static string Spread(string app) => $$$$"""
        "topologySpreadConstraints":[
        {"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule",
        "labelSelector":{"matchLabels":{"app":"{{{{app}}}}"}}},
        {"maxSkew":1,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"ScheduleAnyway",
        "labelSelector":{"matchLabels":{"app":"{{{{app}}}}"}}}],
        """;

    private static StoredObject Pod(string app, string name, string node, string rules) =>
        Stored(Resources.Pods.KeyOf("default", name), $$$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{name}}}}","namespace":"default",
        "uid":"{{{{Guid.NewGuid()}}}}",
        "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"{{{{app}}}}","pod-template-hash":"5d4f8c7b9"},
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{{{{app}}}}","uid":"{{{{app}}}}",
        "controller":true,"blockOwnerDeletion":true}]},"spec":{{{{{node}}}}{{{{rules}}}}"containers":[{"name":"main",
        "image":"registry.example/{{{{app}}}}:1.2.3","resources":{"requests":{"cpu":"100m","memory":"128Mi"},
        "limits":{"memory":"256Mi"}},"ports":[{"containerPort":8080,"protocol":"TCP"}],
        "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
        "imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,
        "dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler","tolerations":[
        {"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],
        "priority":0},"status":{"phase":"Pending","qosClass":"Burstable"}}
        """);

    private static StoredObject Stored(string key, string json) =>
        new(key, 1, Encoding.UTF8.GetBytes(json.ReplaceLineEndings("")));
}
