namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// A healthy pod on every node of the fleet, which nothing that a test does may restart. Each test has its own.
/// </summary>
public sealed class Witnesses(Fleet fleet, string name)
{
    private readonly Dictionary<string, string> _uids = [];

    public IEnumerable<string> Pods => fleet.Nodes.Select(node => $"{name}-{node.Name}");

    public async Task Start()
    {
        foreach (var node in fleet.Nodes)
        {
            await fleet.Kubectl.Apply(Manifests.Idle($"{name}-{node.Name}", node.Name));
        }

        foreach (var node in fleet.Nodes)
        {
            await fleet.Kubectl.UntilPodReady($"{name}-{node.Name}");
            _uids[node.Name] = await fleet.Kubectl.Field($"pod/{name}-{node.Name}", ".metadata.uid");
        }
    }

    /// <summary>Their containers that run, by the process ids that containerd knows: a restart is another id.</summary>
    public async Task<IReadOnlyList<string>> Containers()
    {
        var found = new List<string>();
        foreach (var node in fleet.Nodes.Where(node => _uids.ContainsKey(node.Name)))
        {
            var tasks = await node.Tasks();
            found.AddRange(tasks.Where(task => task.Key.StartsWith(_uids[node.Name], StringComparison.Ordinal))
                .Select(task => $"{node.Name} {task.Key} {task.Value}"));
        }

        return found;
    }

    public Task Remove() => fleet.Kubectl.Delete(["pod", .. Pods]);
}
