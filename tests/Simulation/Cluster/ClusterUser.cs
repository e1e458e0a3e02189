using Edge.Agent.Reconcile;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// People, and the owner of pods with a fence: what is asked of the server, remembered once it said yes.
/// </summary>
internal sealed class ClusterUser(SimClock clock, Random random, ClusterTruth truth, IReadOnlyList<SimMachine> machines)
{
    private const string Namespace = "default";
    private const string Settings = "settings";
    private const int FencesMost = 3;
    private const int PodsOfNodeMost = 4;

    private static readonly string[] s_kinds = ["serve", "serve", "flaky", "job"];

    private int _pods;
    private int _images;
    private int _settings;
    private long _looked = -1;

    /// <summary>Of the pods with a fence.</summary>
    public int Given { get; private set; }

    public static string HashOf(Pod pod) => ContainerIdentity.SpecHash(pod.Spec.Containers[0]);

    public async Task Begin(Objects objects)
    {
        await objects.Create(Resources.ConfigMaps, NewSettings(), default);
        foreach (var machine in machines)
        {
            await objects.Create(Resources.Nodes, new Node
            {
                Metadata = new ObjectMeta { Name = machine.Name },
                Spec = new NodeSpec { PodCIDR = $"10.64.{_pods}.0/24" },
            }, default);
            await Create(objects, machine.Name, NewName());
            await Create(objects, machine.Name, NewName());
        }
    }

    /// <summary>One thing that somebody wants.</summary>
    public async Task Act(Objects objects)
    {
        var pods = objects.List(Resources.Pods)
            .Where(pod => pod.Metadata.DeletionTimestamp is null).ToList();
        var pod = pods[random.Next(pods.Count)];
        var isFence = truth.Pods[pod.Metadata.Uid!].Toleration is not null;
        switch (random.Next(10))
        {
            case < 3:
                var node = machines[random.Next(machines.Count)].Name;
                if (pods.Count(other => other.Spec.NodeName == node) < PodsOfNodeMost)
                {
                    await Create(objects, node, NewName());
                }

                break;
            case < 5:
                await SetImage(objects, pod);
                break;
            case < 7:
                await Delete(objects, pod, graceSeconds: null);
                break;
            case 7 when !isFence:
                await Delete(objects, pod, graceSeconds: 0);
                break;
            default:
                await objects.Update(Resources.ConfigMaps, Namespace, Settings, tree =>
                {
                    tree["data"]!["n"] = $"{++_settings}";
                    return tree;
                }, default);
                break;
        }
    }

    /// <summary>The store is another than when somebody looked after the fences.</summary>
    public bool MayMiss(Objects objects) => _looked != objects.Store.Revision;

    /// <summary>As a StatefulSet does: another pod of the name as soon as there is none.</summary>
    public async Task KeepFences(Objects objects)
    {
        for (var i = 0; i < FencesMost; i++)
        {
            var name = $"fence-{i}";
            if (objects.Store.Get(Resources.Pods.KeyOf(Namespace, name)) is null)
            {
                Given++;
                await Create(objects, machines[random.Next(machines.Count)].Name, name);
            }
        }

        _looked = objects.Store.Revision;
    }

    private async Task Create(Objects objects, string node, string name)
    {
        var isFence = name.StartsWith("fence", StringComparison.Ordinal);
        long? toleration = isFence ? random.Next(1, 10) * 60 : null;
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace, Uid = objects.NewUid(), Generation = 1 },
            Spec = new PodSpec
            {
                NodeName = node,
                RestartPolicy = name.StartsWith("job", StringComparison.Ordinal) ? "OnFailure" : "Always",
                TerminationGracePeriodSeconds = random.Next(4) * 10,
                Containers = [new Container { Name = "main", Image = Image(), ImagePullPolicy = "IfNotPresent" }],
                Volumes = random.Next(2) == 0
                    ? [new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = Settings } }]
                    : null,
                Tolerations = isFence
                    ?
                    [
                        new Toleration
                        {
                            Key = Fencing.UnreachableTaint, Operator = "Exists", Effect = "NoExecute",
                            TolerationSeconds = toleration,
                        },
                    ]
                    : null,
            },
        };
        var known = new PodTruth
        {
            Uid = pod.Metadata.Uid!, Name = name, Node = node, SpecHash = HashOf(pod),
            Toleration = toleration is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        truth.Pods[known.Uid] = known;
        if (await objects.Create(Resources.Pods, pod, default) == CreateOutcome.Created)
        {
            known.Acknowledged = 1;
        }
    }

    private async Task SetImage(Objects objects, Pod pod)
    {
        var known = truth.Pods[pod.Metadata.Uid!];
        var generation = 0L;
        await objects.Update(Resources.Pods, Namespace, pod.Metadata.Name!, tree =>
        {
            if (tree["metadata"]!["uid"]!.ToString() != known.Uid)
            {
                return null;
            }

            var image = Image();
            tree["spec"]!["containers"]![0]!["image"] = image;
            tree["metadata"]!["generation"] = generation = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
            known.SpecHash = ContainerIdentity.SpecHash(new Container { Name = "main", Image = image });
            known.ChangedAt = clock.Now;
            return tree;
        }, default);
        known.Acknowledged = Math.Max(known.Acknowledged, generation);
    }

    private async Task Delete(Objects objects, Pod pod, long? graceSeconds)
    {
        var known = truth.Pods[pod.Metadata.Uid!];
        known.MayEnd = true;
        await objects.RequestDelete(
            Resources.Pods, Namespace, pod.Metadata.Name!, known.Uid, graceSeconds, default);
        known.EndIsAcknowledged = true;
    }

    private string NewName() => $"{s_kinds[random.Next(s_kinds.Length)]}-{++_pods}";

    private string Image() => $"example/app:{++_images}";

    private static ConfigMap NewSettings() => new()
    {
        Metadata = new ObjectMeta { Name = Settings, Namespace = Namespace },
        Data = new Dictionary<string, string> { ["n"] = "0" },
    };
}
