using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Probes;

/// <summary>
/// The probes of all running containers: one task for each probe, none for a container without. A changed verdict wakes
/// the pod; nothing else does.
/// </summary>
internal sealed class ProbeSet(
    ProbeClient client, Action<string> wake, Action<PodEvent> events, TimeProvider clock) : IAsyncDisposable
{
    private readonly Dictionary<string, Dictionary<string, ContainerProbes>> _pods = [];
    private readonly List<Task> _stopping = [];

    public IReadOnlyDictionary<string, ProbeVerdict> VerdictsOf(string uid) =>
        _pods.TryGetValue(uid, out var containers)
            ? containers.ToDictionary(pair => pair.Key, pair => pair.Value.Verdict)
            : Empty;

    /// <summary>Starts probes of containers that run, and stops those of containers that do not.</summary>
    public void Sync(PodView view, string hostIp)
    {
        _stopping.RemoveAll(task => task.IsCompleted);
        var wanted = Wanted(view);
        if (_pods.TryGetValue(view.Uid, out var have))
        {
            foreach (var (name, probes) in have.ToList())
            {
                if (!wanted.TryGetValue(name, out var seen) || seen.Id != probes.ContainerId)
                {
                    have.Remove(name);
                    _stopping.Add(probes.DisposeAsync().AsTask());
                }
            }
        }

        foreach (var (name, seen) in wanted)
        {
            if (have is null)
            {
                _pods[view.Uid] = have = [];
            }

            if (!have.ContainsKey(name))
            {
                have[name] = Begin(view, name, seen, hostIp);
            }
        }

        if (have is { Count: 0 })
        {
            _pods.Remove(view.Uid);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var probes in _pods.Values.SelectMany(pod => pod.Values))
        {
            await probes.DisposeAsync();
        }

        await Task.WhenAll(_stopping);
        client.Dispose();
    }

    private static readonly Dictionary<string, ProbeVerdict> Empty = [];

    private static Dictionary<string, SeenContainer> Wanted(PodView view)
    {
        var wanted = new Dictionary<string, SeenContainer>();
        if (view.Pod is not { } pod || EndPlan.Reason(view) is not null)
        {
            return wanted;
        }

        foreach (var container in PodShape.All(pod))
        {
            var probed = container is { LivenessProbe: not null } or { ReadinessProbe: not null }
                or { StartupProbe: not null };
            if (probed && view.Current(container.Name) is { State: SeenState.Running } seen
                && view.Memory.Of(container.Name).StoppingSince is null)
            {
                wanted[container.Name] = seen;
            }
        }

        return wanted;
    }

    private ContainerProbes Begin(PodView view, string name, SeenContainer seen, string hostIp)
    {
        var pod = view.Pod!;
        var record = view.Record.Of(name);
        var ip = pod.Spec.HostNetwork == true ? hostIp : view.Record.PodIp ?? hostIp;
        return new ContainerProbes(client, clock, new ProbeTarget(pod, PodShape.Find(pod, name)!, seen, ip))
        {
            Changed = () => wake(view.Uid),
            Unhealthy = (kind, message) => events(
                PodEvent.For(pod, name, true, "Unhealthy", $"{kind} probe failed: {message}")),
        }.Begin(record.Ready, record.StartupDone);
    }
}

/// <summary>What one container's probes ask.</summary>
internal sealed record ProbeTarget(Pod Pod, Container Container, SeenContainer Seen, string Ip);
