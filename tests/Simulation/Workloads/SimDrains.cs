using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// People who take nodes out of service as <c>kubectl drain --ignore-daemonsets</c> does, some at a time: cordoned,
/// then asked for their pods again and again, then taken back.
/// </summary>
internal sealed class SimDrains(Random random, BudgetBounds budgets)
{
    private const int AtOnce = 3;

    private readonly List<string> _nodes = [];

    public async Task<int> Act(SimApi api)
    {
        if (_nodes.Count == AtOnce || (_nodes.Count > 0 && random.Next(4) == 0))
        {
            await api.Cordon(_nodes[0], cordoned: false);
            _nodes.RemoveAt(0);
        }
        else if (_nodes.Count == 0 || random.Next(2) == 0)
        {
            // Of most nodes there is little to take.
            var names = api.Objects.List(Resources.Pods).Where(MustGo).Select(pod => pod.Spec.NodeName!).ToList();
            if (names.Count > 0)
            {
                await Begin(api, names[random.Next(names.Count)]);
            }
        }

        return await Ask(api);
    }

    public async Task<int> Begin(SimApi api, string node)
    {
        await api.Cordon(node, cordoned: true);
        _nodes.Add(node);
        return 0;
    }

    /// <summary>Asks for all that is left; returns how many that is.</summary>
    public async Task<int> Ask(SimApi api)
    {
        var left = Left(api.Objects);
        foreach (var pod in left)
        {
            await budgets.Evict(api, pod);
        }

        return left.Count;
    }

    public async Task<int> End(SimApi api)
    {
        foreach (var node in api.Objects.List(Resources.Nodes).Where(node => node.Spec?.Unschedulable == true))
        {
            await api.Cordon(node.Metadata.Name!, cordoned: false);
        }

        _nodes.Clear();
        return 0;
    }

    private List<Pod> Left(Objects objects) =>
        [.. objects.List(Resources.Pods).Where(pod => _nodes.Contains(pod.Spec.NodeName ?? "") && MustGo(pod))];

    private static bool MustGo(Pod pod) =>
        !string.IsNullOrEmpty(pod.Spec.NodeName) && Owners.ControllerOf(pod.Metadata)?.Kind != "DaemonSet";
}
