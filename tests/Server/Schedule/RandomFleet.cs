using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Schedule;
using Edge.Server.Schedule.Demand;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>A fleet that changes by a seed: nodes, namespaces and pods come and go as a watch tells it.</summary>
internal sealed class RandomFleet(int seed)
{
    private static readonly string[] s_keys = ["zone", "rack", "kubernetes.io/hostname"];
    private static readonly string[] s_namespaces = ["red", "green", "blue"];

    private readonly Random _random = new(seed);
    private readonly PendingPods _pending = new();
    private int _made;

    public ClusterState Cluster { get; } = new();
    public Dictionary<string, Node> Nodes { get; } = [];
    public Dictionary<string, Pod> Placed { get; } = [];
    public Dictionary<string, Namespace> Namespaces { get; } = [];

    public ClusterFeed Feed => field ??= new ClusterFeed(Cluster, _pending, NullLogger.Instance);

    public SlowRules Slow => new(Nodes.Values, Placed.Values, Namespaces);

    public void Step()
    {
        switch (_random.Next(12))
        {
            case 0:
                PutNode($"n{_random.Next(12)}");
                break;
            case 1 when Nodes.Count > 2:
                var gone = Any(Nodes.Keys);
                var node = Stored(Resources.Nodes.KeyOf(null, gone), Nodes[gone]);
                Feed.ChangeNode(new Change(ChangeType.Delete, node, null));
                Nodes.Remove(gone);
                break;
            case 2:
                PutNamespace(Any(s_namespaces));
                break;
            case 3 or 4 when Placed.Count > 0:
                var left = Any(Placed.Keys);
                Feed.ChangePod(new Change(ChangeType.Delete, Stored(left, Placed[left]), null));
                Placed.Remove(left);
                break;
            case 5 when Placed.Count > 0:
                var key = Any(Placed.Keys);
                var pod = Placed[key];
                Put(pod with { Metadata = pod.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } });
                break;
            case 6 when Placed.Count > 0:
                var relabelled = Placed[Any(Placed.Keys)];
                Put(relabelled with { Metadata = relabelled.Metadata with { Labels = Labels() } });
                break;
            default:
                Put(NewPod() is var made && Nodes.Count > 0
                    ? made with { Spec = made.Spec with { NodeName = Any(Nodes.Keys) } }
                    : made);
                break;
        }
    }

    public Pod NewPod() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = $"p{_made}", Namespace = Any(s_namespaces), Uid = $"u{_made++}", Labels = Labels(),
        },
        Spec = new PodSpec
        {
            Priority = _random.Next(4),
            NodeSelector = Chance(6) ? new Dictionary<string, string> { ["zone"] = $"{_random.Next(3)}" } : null,
            Tolerations = Chance(3) ? [new Toleration { Operator = "Exists" }] : null,
            Affinity = Chance(2) ? Affinity() : null,
            TopologySpreadConstraints = Chance(3) ? [.. Some(2, Constraint)] : null,
            Containers =
            [
                new Container
                {
                    Name = "c",
                    Resources = new ResourceRequirements
                    {
                        Requests = new Dictionary<string, Quantity>
                        {
                            ["cpu"] = Quantity.FromMilli(100 * _random.Next(12)),
                        },
                    },
                },
            ],
        },
    };

    public PodFacts Facts(Pod pod) => Feed.ReadPod(Stored(KeyOf(pod), pod))!;

    /// <summary>Tells of a pod; one with a node is placed, one without is not kept.</summary>
    public void Put(Pod pod)
    {
        Feed.ChangePod(new Change(ChangeType.Put, Stored(KeyOf(pod), pod), null));
        if (pod.Spec.NodeName is not null)
        {
            Placed[KeyOf(pod)] = pod;
        }
    }

    public void Remove(string key)
    {
        Feed.ChangePod(new Change(ChangeType.Delete, Stored(key, Placed[key]), null));
        Placed.Remove(key);
    }

    public void PutNode(string name)
    {
        var labels = s_keys.Where(_ => !Chance(8)).ToDictionary(
            key => key, key => key[0] == 'k' ? name : $"{_random.Next(3)}");
        Nodes[name] = new Node
        {
            Metadata = new ObjectMeta { Name = name, Labels = labels },
            Spec = new NodeSpec { Taints = Chance(4) ? [new Taint { Key = "t", Effect = "NoSchedule" }] : null },
            Status = new NodeStatus
            {
                Allocatable = new Dictionary<string, Quantity>
                {
                    ["cpu"] = Quantity.FromMilli(4000), ["memory"] = Quantity.FromUnits(8_000_000),
                    ["pods"] = Quantity.FromUnits(20),
                },
                Conditions = [new Condition { Type = "Ready", Status = "True" }],
            },
        };
        Feed.ChangeNode(new Change(ChangeType.Put, Stored(Resources.Nodes.KeyOf(null, name), Nodes[name]), null));
    }

    private static string KeyOf(Pod pod) => Resources.Pods.KeyOf(pod.Metadata.Namespace, pod.Metadata.Name!);

    private static StoredObject Stored<T>(string key, T value) =>
        new(key, 1, JsonSerializer.SerializeToUtf8Bytes(
            value, (ModelJson.Default.GetTypeInfo(typeof(T)) ?? WorkloadJson.Default.GetTypeInfo(typeof(T)))!));

    private void PutNamespace(string name)
    {
        Namespaces[name] = new Namespace
        {
            Metadata = new ObjectMeta
            {
                Name = name, Labels = new Dictionary<string, string> { ["team"] = $"{_random.Next(2)}" },
            },
        };
        Feed.ChangeNamespace(new Change(
            ChangeType.Put, Stored(Resources.Namespaces.KeyOf(null, name), Namespaces[name]), null));
    }

    private Affinity Affinity() => new()
    {
        PodAffinity = new PodAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = Chance(3) ? [.. Some(2, Term)] : null,
            PreferredDuringSchedulingIgnoredDuringExecution = Chance(2) ? [.. Some(2, Weighted)] : null,
        },
        PodAntiAffinity = new PodAntiAffinity
        {
            RequiredDuringSchedulingIgnoredDuringExecution = Chance(3) ? [.. Some(2, Term)] : null,
            PreferredDuringSchedulingIgnoredDuringExecution = Chance(2) ? [.. Some(2, Weighted)] : null,
        },
    };

    private WeightedPodAffinityTerm Weighted() => new() { Weight = 1 + _random.Next(100), PodAffinityTerm = Term() };

    private PodAffinityTerm Term() => new()
    {
        TopologyKey = Any(s_keys),
        LabelSelector = Selector(),
        Namespaces = Chance(4) ? [Any(s_namespaces)] : null,
        NamespaceSelector = Chance(4)
            ? new LabelSelector
            {
                MatchLabels = Chance(3) ? null : new Dictionary<string, string> { ["team"] = $"{_random.Next(2)}" },
            }
            : null,
        MatchLabelKeys = Chance(5) ? ["app"] : null,
        MismatchLabelKeys = Chance(5) ? ["tier"] : null,
    };

    private TopologySpreadConstraint Constraint() => new()
    {
        MaxSkew = 1 + _random.Next(2),
        TopologyKey = Any(s_keys),
        WhenUnsatisfiable = Chance(4) ? "ScheduleAnyway" : "DoNotSchedule",
        LabelSelector = Selector(),
        MinDomains = Chance(4) ? 1 + _random.Next(4) : null,
        NodeAffinityPolicy = Chance(3) ? "Ignore" : null,
        NodeTaintsPolicy = Chance(3) ? "Honor" : null,
        MatchLabelKeys = Chance(4) ? ["tier"] : null,
    };

    private LabelSelector? Selector() => _random.Next(8) switch
    {
        0 => null,
        1 => new LabelSelector(),
        2 => new LabelSelector
        {
            MatchExpressions = [new LabelSelectorRequirement { Key = "tier", Operator = "NotIn", Values = ["0"] }],
        },
        3 => new LabelSelector
        {
            MatchExpressions = [new LabelSelectorRequirement { Key = "tier", Operator = "Exists" }],
        },
        _ => new LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = $"{_random.Next(3)}" } },
    };

    private Dictionary<string, string> Labels()
    {
        var labels = new Dictionary<string, string> { ["app"] = $"{_random.Next(3)}" };
        if (Chance(2))
        {
            labels["tier"] = $"{_random.Next(2)}";
        }

        return labels;
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Any<T>(IEnumerable<T> from) => from.ElementAt(_random.Next(from.Count()));

    private List<T> Some<T>(int max, Func<T> make) =>
        [.. Enumerable.Range(0, 1 + _random.Next(max)).Select(_ => make())];
}
