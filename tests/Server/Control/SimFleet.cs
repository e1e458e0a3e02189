using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Server.Control;

/// <summary>
/// Nodes that run pods, and a scheduler, for controllers under test. What runs on a node that is away goes on running,
/// and what it was told meanwhile it learns when it is back.
/// </summary>
internal sealed class SimFleet(ControlWorld world)
{
    private readonly Dictionary<string, (string Pod, string Node)> _running = [];
    private readonly HashSet<string> _away = [];

    private Objects Objects => world.Objects;

    /// <summary>Uid → pod and node of everything that runs, seen or not.</summary>
    public IReadOnlyDictionary<string, (string Pod, string Node)> Running => _running;

    public IReadOnlyList<PodView> Pods =>
    [
        .. Objects.List(Resources.Pods).Select(pod =>
            PodView.From(pod, Resources.Pods.KeyOf(pod.Metadata.Namespace, pod.Metadata.Name!))),
    ];

    public bool IsAway(string node) => _away.Contains(node);

    public async Task AddNode(string name, IReadOnlyDictionary<string, string>? labels = null)
    {
        await Objects.Create(Resources.Nodes, new Node
        {
            Metadata = new ObjectMeta { Name = name, Labels = labels },
            Spec = new NodeSpec(),
            Status = new NodeStatus { Conditions = [new Condition { Type = "Ready", Status = "True" }] },
        }, default);
        world.AllNodes.Prime();
    }

    public Task Leave(string node) => SetAway(node, true);

    public Task Return(string node) => SetAway(node, false);

    /// <summary>
    /// One act of whoever is in charge of the pod; <paramref name="place"/> chooses a node for a new one.
    /// </summary>
    public async Task Act(PodView pod, Func<string> place, bool fail = false)
    {
        if (pod.NodeName.Length == 0)
        {
            var node = pod.TargetNode ?? place();
            if (!IsAway(node) && Objects.Get(Resources.Nodes, null, node) is not null)
            {
                await Change(pod, tree => tree["spec"]!["nodeName"] = node);
            }
        }
        else if (!IsAway(pod.NodeName))
        {
            if (pod.IsDeleting)
            {
                _running.Remove(pod.Uid);
                await Objects.Delete(Resources.Pods, pod.Namespace, pod.Name, pod.Uid, default);
            }
            else if (pod.Phase == "Pending")
            {
                _running[pod.Uid] = (pod.Name, pod.NodeName);
                await SetPhase(pod, "Running", ready: true);
            }
            else if (fail && pod.Phase == "Running")
            {
                _running.Remove(pod.Uid);
                await SetPhase(pod, "Failed", ready: false);
            }
        }

        world.Pods.Look(pod.Key);
    }

    public Task SetPhase(PodView pod, string phase, bool ready) => Change(pod, tree =>
    {
        tree["status"]!["phase"] = phase;
        tree["status"]!["conditions"] = new JsonArray(new JsonObject
        {
            ["type"] = "Ready", ["status"] = ready ? "True" : "False",
            ["lastTransitionTime"] = world.Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        });
    });

    /// <summary>Looks at the key and lets everybody act, in turn, until nothing changes any more.</summary>
    /// <returns>How often it was looked at.</returns>
    public async Task<int> Settle(Func<Task> sync, Func<string> place)
    {
        for (var round = 1; round < 400; round++)
        {
            var before = Objects.Store.Current.Revision;
            await sync();
            foreach (var pod in Pods)
            {
                await Act(pod, place);
            }

            world.Clock.Advance(TimeSpan.FromSeconds(30));
            if (Objects.Store.Current.Revision == before)
            {
                return round;
            }
        }

        throw new InvalidOperationException("it never comes to rest");
    }

    private async Task Change(PodView pod, Action<JsonObject> change)
    {
        await Objects.Update(Resources.Pods, pod.Namespace, pod.Name, tree =>
        {
            change(tree);
            return tree;
        }, default);
        world.Pods.Look(pod.Key);
    }

    private async Task SetAway(string node, bool away)
    {
        _ = away ? _away.Add(node) : _away.Remove(node);
        await Objects.Update(Resources.Nodes, null, node, tree =>
        {
            tree["status"]!["conditions"]![0]!["status"] = away ? "Unknown" : "True";
            tree["spec"]!["taints"] = away ? new JsonArray(Taint("NoSchedule"), Taint("NoExecute")) : null;
            return tree;
        }, default);

        static JsonObject Taint(string effect) =>
            new() { ["key"] = "node.kubernetes.io/unreachable", ["effect"] = effect };
    }
}
