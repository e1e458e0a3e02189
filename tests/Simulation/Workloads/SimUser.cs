using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>People: they apply, change, scale, break, mend and delete workloads.</summary>
internal sealed class SimUser(Random random)
{
    private readonly List<string> _deployments = [];
    private readonly List<string> _jobs = [];
    private readonly List<string> _sets = [];
    private int _count;
    private bool _daemons;
    private bool _schedule;

    public IReadOnlyList<string> Deployments => _deployments;

    public IReadOnlyList<string> Jobs => _jobs;

    /// <summary>One thing that a person does now and then.</summary>
    public async Task<int> Act(Objects objects)
    {
        switch (random.Next(15))
        {
            case 0 when _deployments.Count < 6:
                await Deploy(objects);
                break;
            case 1 when _jobs.Count < 8:
                await Run(objects);
                break;
            case 2 or 3:
                await Change(objects, spec => spec["replicas"] = random.Next(1, 30));
                break;
            case 4 or 5 or 6:
                await Change(objects, spec => spec["template"]!["spec"]!["containers"]![0]!["image"] =
                    $"registry.example/web:{(random.Next(5) == 0 ? "bad" : random.Next(100))}");
                break;
            case 7:
                await Change(objects, spec => spec["paused"] = random.Next(2) == 0);
                break;
            case 8:
                await Change(objects, spec => spec["strategy"] = new JsonObject
                {
                    ["type"] = "RollingUpdate",
                    ["rollingUpdate"] = new JsonObject
                    {
                        ["maxSurge"] = random.Next(0, 4), ["maxUnavailable"] = random.Next(1, 4),
                    },
                });
                break;
            case 9 when _sets.Count < 3:
                await Number(objects);
                break;
            case 10 when !_daemons:
                await Daemons(objects);
                break;
            case 11 when _sets.Count > 0:
                await Spec(objects, Resources.StatefulSets, _sets[random.Next(_sets.Count)], spec =>
                {
                    spec["replicas"] = random.Next(1, 8);
                    spec["template"]!["spec"]!["containers"]![0]!["image"] =
                        $"registry.example/db:{(random.Next(6) == 0 ? "bad" : random.Next(10))}";
                });
                break;
            case 12 when _daemons:
                await Spec(objects, Resources.DaemonSets, "every", spec =>
                    spec["template"]!["spec"]!["containers"]![0]!["image"] = $"registry.example/log:{random.Next(10)}");
                break;
            case 13 when !_schedule:
                await Schedule(objects);
                break;
            default:
                break;
        }

        return 0;
    }

    /// <summary>Everything that was broken is mended, so that all can settle.</summary>
    public async Task<int> Mend(Objects objects)
    {
        foreach (var name in _deployments)
        {
            await Spec(objects, Resources.Deployments, name, spec =>
            {
                spec["paused"] = false;
                spec["template"]!["spec"]!["containers"]![0]!["image"] = "registry.example/web:good";
            });
        }

        if (_schedule)
        {
            await Spec(objects, Resources.CronJobs, "tick", spec => spec["suspend"] = true);
        }

        foreach (var name in _sets)
        {
            await Spec(objects, Resources.StatefulSets, name, spec =>
                spec["template"]!["spec"]!["containers"]![0]!["image"] = "registry.example/db:good");
            // An ordered set waits for a broken pod for ever, as upstream: a person deletes it.
            foreach (var pod in objects.List(Resources.Pods).Where(pod =>
                pod.Metadata.OwnerReferences is [{ Kind: "StatefulSet" }]
                && pod.Spec.Containers[0].Image!.EndsWith("bad")))
            {
                await objects.RequestDelete(
                    Resources.Pods, "default", pod.Metadata.Name!, pod.Metadata.Uid, graceSeconds: null, default);
            }
        }

        return 0;
    }

    private async Task Number(Objects objects)
    {
        var name = $"db-{_count++}";
        var policy = random.Next(2) == 0 ? "Parallel" : "OrderedReady";
        var lease = random.Next(2) == 0 ? "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, "
            + "effect: NoExecute, tolerationSeconds: 30}]" : "";
        await Create(objects, $$"""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              name: {{name}}
            spec:
              replicas: {{random.Next(1, 8)}}
              serviceName: {{name}}
              podManagementPolicy: {{policy}}
              selector: {matchLabels: {app: {{name}} } }
              template:
                metadata: {labels: {app: {{name}} } }
                spec:
                  containers: [{name: main, image: "registry.example/db:1"}]
                  {{lease}}
            """);
        _sets.Add(name);
    }

    private async Task Schedule(Objects objects)
    {
        await Create(objects, """
            apiVersion: batch/v1
            kind: CronJob
            metadata:
              name: tick
            spec:
              schedule: "*/2 * * * *"
              concurrencyPolicy: Forbid
              successfulJobsHistoryLimit: 100
              jobTemplate:
                spec:
                  completions: 1
                  template:
                    spec:
                      restartPolicy: Never
                      containers: [{name: main, image: "registry.example/work:1"}]
            """);
        _schedule = true;
    }

    private async Task Daemons(Objects objects)
    {
        await Create(objects, """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata:
              name: every
            spec:
              selector: {matchLabels: {app: every}}
              updateStrategy: {rollingUpdate: {maxUnavailable: 20%}}
              template:
                metadata: {labels: {app: every}}
                spec:
                  containers: [{name: main, image: "registry.example/log:1"}]
            """);
        _daemons = true;
    }

    private async Task Deploy(Objects objects)
    {
        var name = $"web-{_count++}";
        var seconds = random.Next(3) == 0 ? "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, "
            + "effect: NoExecute, tolerationSeconds: 60}]" : "";
        await Create(objects, $$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: {{name}}
            spec:
              replicas: {{random.Next(1, 30)}}
              selector: {matchLabels: {app: {{name}} } }
              template:
                metadata: {labels: {app: {{name}} } }
                spec:
                  containers: [{name: main, image: "registry.example/web:1"}]
                  {{seconds}}
            """);
        _deployments.Add(name);
    }

    private async Task Run(Objects objects)
    {
        var name = $"job-{_count++}";
        await Create(objects, $$"""
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: {{name}}
            spec:
              completions: {{random.Next(1, 12)}}
              parallelism: {{random.Next(1, 5)}}
              completionMode: {{(random.Next(2) == 0 ? "Indexed" : "NonIndexed")}}
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: "registry.example/work:1"}]
            """);
        _jobs.Add(name);
    }

    private async Task Change(Objects objects, Action<JsonObject> edit)
    {
        if (_deployments.Count > 0)
        {
            await Spec(objects, Resources.Deployments, _deployments[random.Next(_deployments.Count)], edit);
        }
    }

    private static Task<UpdateOutcome> Spec<T>(
        Objects objects, ResourceKind<T> kind, string name, Action<JsonObject> edit) where T : class =>
        objects.Update(kind, "default", name, tree =>
        {
            var before = tree["spec"]!.ToJsonString();
            edit(tree["spec"]!.AsObject());
            if (tree["spec"]!.ToJsonString() == before)
            {
                return null;
            }

            tree["metadata"]!["generation"] = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
            return tree;
        }, default);

    /// <summary>As the API would store it.</summary>
    private static async Task Create(Objects objects, string yaml)
    {
        var (tree, _) = Edge.Server.Schema.Bodies.YamlTreeReader.Read(System.Text.Encoding.UTF8.GetBytes(yaml));
        var obj = tree!.AsObject();
        var version = obj["apiVersion"]!.ToString().Split('/');
        var schema = SchemaCatalog.Default.FindKind(version[0], version[1], obj["kind"]!.ToString())!;
        var metadata = obj["metadata"]!.AsObject();
        metadata["namespace"] = "default";
        metadata["uid"] = objects.NewUid();
        metadata["generation"] = 1;
        metadata["creationTimestamp"] = "2026-01-01T00:00:00Z";
        ObjectStrategy.PrepareForCreate(schema, obj);
        ObjectDefaults.Fill(schema, obj);
        var errors = ObjectValidation.Check(schema, obj);
        Assert.Empty(errors);
        var key = StoreKeys.For(schema.Group, schema.Plural, "default", metadata["name"]!.ToString());
        Assert.IsType<TxnResult.Committed>(
            await objects.Store.Txn([new Compare(key, 0)], [StoreOp.Put(key, ObjectBytes.Write(obj))], default));
    }
}
