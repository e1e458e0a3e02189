using System.Collections.Immutable;
using Edge.Agent.Ledger;
using Edge.Agent.Report;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// What the Node says upward of all that is not the server's: its condition, and what it takes of the node. Pure.
/// </summary>
internal static class LocalChangesPlan
{
    /// <summary>Kubernetes' bound of an Event's message; a condition has none, and is read by eye as well.</summary>
    private const int MessageMax = 1024;

    public static LocalChanges For(SiteView node, ImmutableArray<GivenWay> givenWay)
    {
        var acts = SiteActs.Read(node.Local.GetValueOrDefault(SiteActs.Key));
        var parts = new List<string>();
        AddPods(parts, "local", NodePods.Of(node.Local, PodSource.Local));
        AddPods(parts, "static", NodePods.Of(node.Static, PodSource.Static));
        Add(parts, "local objects", node.Local.Keys.Where(IsObject));
        Add(parts, "stopped until the server's next word", NodePods.Of(node.Desired, PodSource.Server)
            .Where(pod => node.Local.ContainsKey(LocalPlan.HeldPrefix + pod.Uid)).Select(pod => pod.Name));
        Add(parts, "held back", givenWay.Select(way => $"{way.Name} ({way.Reason})"));
        var differs = parts.Count > 0;
        if (acts.Ever > 0)
        {
            parts.Add($"last on site: {acts}");
        }

        if (parts.Count == 0)
        {
            return LocalChanges.None;
        }

        var message = string.Join("; ", parts);
        var held = givenWay.Select(way => way.Key).ToHashSet();
        var own = NodePods.Of(node.Local, PodSource.Local).Concat(NodePods.Of(node.Static, PodSource.Static))
            .Where(pod => !held.Contains(pod.Key)).ToList();
        return new LocalChanges
        {
            Differs = differs,
            Message = message.Length > MessageMax ? message[..(MessageMax - 1)] + "…" : message,
            Pods = own.Count,
            CpuMillis = own.Sum(pod => Requests(pod.Pod, "cpu", quantity => quantity.MilliValue)),
            MemoryBytes = own.Sum(pod => Requests(pod.Pod, "memory", quantity => quantity.Units)),
        };
    }

    private static void AddPods(List<string> parts, string what, IEnumerable<NodePod> pods) =>
        Add(parts, what, pods.Select(pod => pod.Name));

    private static void Add(List<string> parts, string what, IEnumerable<string> names)
    {
        var sorted = names.Order(StringComparer.Ordinal).ToList();
        if (sorted.Count > 0)
        {
            parts.Add($"{what}: {string.Join(", ", sorted)}");
        }
    }

    private static bool IsObject(string key) =>
        key.StartsWith("configmaps/", StringComparison.Ordinal) || key.StartsWith("secrets/", StringComparison.Ordinal);

    /// <summary>As the scheduler counts: a limit stands for a request that is not there.</summary>
    private static long Requests(Pod pod, string resource, Func<Quantity, long> unit)
    {
        var sum = 0L;
        foreach (var container in pod.Spec.Containers)
        {
            if (container.Resources?.Requests?.TryGetValue(resource, out var request) == true
                || container.Resources?.Limits?.TryGetValue(resource, out request) == true)
            {
                sum += unit(request);
            }
        }

        return sum;
    }
}
