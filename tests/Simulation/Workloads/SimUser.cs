using System.Text.Json.Nodes;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>People: they apply, change, scale, break, mend and delete workloads.</summary>
internal sealed class SimUser(Random random, DeletionBounds deletions)
{
    private const string Daemons = "every";
    private const string Schedule = "tick";

    private readonly List<string> _deployments = [];
    private readonly List<string> _jobs = [];
    private readonly List<string> _sets = [];

    /// <summary>Names that a Deployment or StatefulSet had whose dependents were to stay.</summary>
    private readonly Stack<string> _orphaned = [];

    private readonly Dictionary<string, int> _loads = [];
    private int _count;

    /// <summary>What all the pods of a Deployment have to do together, in thousandths of a processor.</summary>
    public int LoadOf(string app) => _loads.GetValueOrDefault(app);

    /// <summary>What runs already when people begin to play with it.</summary>
    public async Task<int> Begin(SimApi api)
    {
        await Deploy(api);
        await Deploy(api);
        await Number(api);
        await Run(api);
        await Autoscale(api);
        await Guard(api);
        return 0;
    }

    /// <summary>One thing that a person does now and then.</summary>
    public async Task<int> Act(SimApi api)
    {
        switch (random.Next(24))
        {
            case 0 or 1 when _deployments.Count < 6:
                await Deploy(api);
                break;
            case 2 or 22 when _jobs.Count < 8:
                await Run(api);
                break;
            case 3 or 4:
                await Change(api, spec => spec["replicas"] = random.Next(1, 30));
                break;
            case 5 or 6 or 7:
                await Change(api, spec => Image(spec, $"web:{(random.Next(5) == 0 ? "bad" : random.Next(100))}"));
                break;
            case 8:
                await Change(api, spec => spec["paused"] = random.Next(2) == 0);
                break;
            case 9:
                await Change(api, spec => spec["strategy"] = Strategy());
                break;
            case 10 when _sets.Count < 3:
                await Number(api);
                break;
            case 11:
                await api.Create(SimManifests.DaemonSet(Daemons));
                break;
            case 12 when _sets.Count > 0:
                await api.Spec(Resources.StatefulSets, OneOf(_sets), spec =>
                {
                    spec["replicas"] = random.Next(1, 8);
                    Image(spec, $"db:{(random.Next(6) == 0 ? "bad" : random.Next(10))}");
                });
                break;
            case 13:
                await api.Spec(Resources.DaemonSets, Daemons, spec => Image(spec, $"log:{random.Next(10)}"));
                break;
            case 14:
                await api.Create(SimManifests.CronJob(Schedule));
                break;
            case 15 or 16 when _deployments.Count + _sets.Count > 0:
                await Guard(api);
                break;
            case 17 or 18 when _deployments.Count > 0:
                await Autoscale(api);
                break;
            case 19 or 20 or 21:
                await Delete(api);
                break;
            default:
                break;
        }

        return 0;
    }

    /// <summary>Everything that was broken is mended, so that all can settle.</summary>
    public async Task<int> Mend(SimApi api)
    {
        foreach (var name in _deployments)
        {
            await api.Spec(Resources.Deployments, name, spec =>
            {
                spec["paused"] = false;
                Image(spec, "web:good");
            });
        }

        await api.Spec(Resources.CronJobs, Schedule, spec => spec["suspend"] = true);
        foreach (var name in _sets)
        {
            await api.Spec(Resources.StatefulSets, name, spec => Image(spec, "db:good"));
        }

        // An ordered set waits for a broken pod for ever, as upstream: a person deletes it.
        foreach (var pod in api.Objects.List(Resources.Pods).Where(pod =>
            pod.Metadata.OwnerReferences is [{ Kind: "StatefulSet" }] && pod.Spec.Containers[0].Image!.EndsWith("bad")))
        {
            await api.Objects.RequestDelete(
                Resources.Pods, "default", pod.Metadata.Name!, pod.Metadata.Uid, graceSeconds: null, default);
        }

        return 0;
    }

    private async Task Deploy(SimApi api)
    {
        var name = NewName("web");
        if (await api.Create(SimManifests.Deployment(
            name, random.Next(1, 30), random.Next(3) == 0 ? 60 : null)))
        {
            _deployments.Add(name);
        }
    }

    private async Task Number(SimApi api)
    {
        var name = NewName("db");
        if (await api.Create(SimManifests.StatefulSet(
            name, random.Next(1, 8), random.Next(2) == 0 ? "Parallel" : "OrderedReady",
            random.Next(2) == 0 ? 30 : null)))
        {
            _sets.Add(name);
        }
    }

    private async Task Run(SimApi api)
    {
        var name = NewName("job");
        await api.Create(SimManifests.Job(
            name, random.Next(1, 12), random.Next(1, 5), random.Next(2) == 0 ? "Indexed" : "NonIndexed",
            flaky: random.Next(2) == 0));
        _jobs.Add(name);
    }

    private Task<bool> Guard(SimApi api) =>
        api.Create(SimManifests.Budget(OneOf([.. _deployments, .. _sets]), Bound()));

    private async Task Autoscale(SimApi api)
    {
        var name = OneOf(_deployments);
        _loads[name] = random.Next(1_500);
        var min = random.Next(1, 6);
        await api.Create(SimManifests.Autoscaler(name, min, min + random.Next(1, 25)));
    }

    /// <summary>A workload, with what looks after it; or what looks after it alone.</summary>
    private async Task Delete(SimApi api)
    {
        var propagation = (Propagation)random.Next(3);
        switch (random.Next(8))
        {
            case 0 or 1 when Take(_deployments) is { } name:
                await Delete(api, Resources.Deployments, name, propagation);
                await api.Delete(Resources.HorizontalPodAutoscalers, name, propagation);
                await api.Delete(Resources.PodDisruptionBudgets, name, propagation);
                break;
            case 2 when Take(_sets) is { } name:
                await Delete(api, Resources.StatefulSets, name, propagation);
                await api.Delete(Resources.PodDisruptionBudgets, name, propagation);
                break;
            case 3 when Take(_jobs) is { } name:
                await deletions.Delete(api, Resources.Jobs, name, propagation);
                break;
            case 4:
                await deletions.Delete(api, Resources.DaemonSets, Daemons, (Propagation)random.Next(2));
                break;
            case 5:
                await deletions.Delete(api, Resources.CronJobs, Schedule, propagation);
                break;
            case 6 when _deployments.Count > 0:
                await api.Delete(Resources.HorizontalPodAutoscalers, OneOf(_deployments), propagation);
                break;
            case 7 when _deployments.Count > 0:
                await api.Delete(Resources.PodDisruptionBudgets, OneOf(_deployments), propagation);
                break;
            default:
                break;
        }
    }

    private async Task Delete<T>(SimApi api, ResourceKind<T> kind, string name, Propagation propagation)
        where T : class
    {
        await deletions.Delete(api, kind, name, propagation);
        if (propagation == Propagation.Orphan)
        {
            _orphaned.Push(name);
        }
    }

    /// <summary>Who applies it again finds what was left, and takes it over.</summary>
    private string NewName(string prefix) =>
        _orphaned.TryPeek(out var left) && left.StartsWith(prefix, StringComparison.Ordinal) && random.Next(2) == 0
            ? _orphaned.Pop()
            : $"{prefix}-{_count++}";

    private async Task Change(SimApi api, Action<JsonObject> edit)
    {
        if (_deployments.Count > 0)
        {
            await api.Spec(Resources.Deployments, OneOf(_deployments), edit);
        }
    }

    private JsonObject Strategy() => random.Next(3) == 0
        ? new JsonObject { ["type"] = "Recreate" }
        : new JsonObject
        {
            ["type"] = "RollingUpdate",
            ["rollingUpdate"] = new JsonObject
            {
                ["maxSurge"] = random.Next(0, 4), ["maxUnavailable"] = random.Next(1, 4),
            },
        };

    private string Bound() => random.Next(4) switch
    {
        0 => $"maxUnavailable: {random.Next(0, 3)}",
        1 => $"maxUnavailable: {random.Next(10, 60)}%",
        2 => $"minAvailable: {random.Next(1, 20)}",
        _ => $"minAvailable: {random.Next(30, 100)}%",
    };

    private string OneOf(List<string> names) => names[random.Next(names.Count)];

    private string? Take(List<string> names)
    {
        if (names.Count == 0)
        {
            return null;
        }

        var at = random.Next(names.Count);
        var name = names[at];
        names.RemoveAt(at);
        return name;
    }

    private static void Image(JsonObject spec, string image) =>
        spec["template"]!["spec"]!["containers"]![0]!["image"] = $"registry.example/{image}";
}
