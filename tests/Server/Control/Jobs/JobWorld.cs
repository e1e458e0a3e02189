using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control.Jobs;

/// <summary>Jobs, CronJobs and their pods over a store that may stop at any moment.</summary>
internal sealed class JobWorld : IAsyncDisposable
{
    /// <summary>Looks after which everything must be quiet.</summary>
    private const int LooksMax = 200;

    private readonly StoreFixture? _fixture;
    private readonly ObjectStore _store;
    private ControlWorld _control;
    private int _life = 1;

    private JobWorld(StoreFixture? fixture, ObjectStore store, FakeClock clock, int life)
    {
        (_fixture, _store, Clock, _life) = (fixture, store, clock, life);
        _control = new ControlWorld(store, clock, life);
        _control.Prime();
    }

    public FakeClock Clock { get; }

    public StoreFixture Fixture => _fixture!;

    public ControlWorld Control => _control;

    public Objects Objects => _control.Objects;

    public static async Task<JobWorld> Start()
    {
        var fixture = new StoreFixture(checkpointPages: 100_000);
        await fixture.Put(Resources.Namespaces.KeyOf(null, "default"), """{"metadata":{"name":"default"}}""");
        return new JobWorld(fixture, fixture.Store, fixture.Clock, 1);
    }

    /// <summary>A world over what a power cut left.</summary>
    public static JobWorld Over(ObjectStore store, FakeClock clock, int life) => new(null, store, clock, life);

    public async ValueTask DisposeAsync()
    {
        if (_fixture is { } fixture)
        {
            await fixture.DisposeAsync();
            return;
        }

        await _store.DisposeAsync();
    }

    /// <summary>The server stops and comes back; what it only remembered is lost.</summary>
    public async Task Restart()
    {
        await Fixture.Reopen();
        _control = new ControlWorld(Fixture.Store, Clock, ++_life);
        _control.Prime();
    }

    /// <summary>Stores a manifest as a create through the API would.</summary>
    public async Task Create(string yaml)
    {
        var (tree, _) = YamlTreeReader.Read(Encoding.UTF8.GetBytes(yaml));
        var obj = tree!.AsObject();
        var version = obj["apiVersion"]!.ToString().Split('/');
        var schema = SchemaCatalog.Default.FindKind(version.Length == 1 ? "" : version[0], version[^1],
            obj["kind"]!.ToString())!;
        var metadata = obj.Ensure("metadata");
        (metadata["namespace"], metadata["uid"], metadata["generation"]) = ("default", Objects.NewUid(), 1);
        metadata["creationTimestamp"] = Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        ObjectStrategy.PrepareForCreate(schema, obj);
        ObjectDefaults.Fill(schema, obj);
        Assert.Empty(ObjectValidation.Check(schema, obj));
        var key = StoreKeys.For(schema.Group, schema.Plural, "default", metadata["name"]!.ToString());
        await Objects.Store.Txn([new Compare(key, 0)], [StoreOp.Put(key, ObjectBytes.Write(obj))], default);
    }

    public Job Job(string name) => Objects.Get(Resources.Jobs, "default", name)!;

    public List<Pod> Pods(string job) =>
        [.. Objects.List(Resources.Pods, "default").Where(pod => Owners.ControllerOf(pod.Metadata)?.Name == job)];

    public List<string> Events(string about) =>
    [
        .. Objects.List(Resources.Events, "default").Where(told => told.InvolvedObject.Name == about)
            .OrderBy(told => told.FirstTimestamp).Select(told => told.Reason!),
    ];

    /// <summary>Changes the spec as a user would.</summary>
    public Task Edit(string job, Action<JsonObject> change) => Objects.Update(
        Resources.Jobs, "default", job, tree =>
        {
            change(tree["spec"]!.AsObject());
            return tree;
        }, default);

    public Task Place(Pod pod, string node) => Update(pod, tree =>
    {
        tree["spec"]!["nodeName"] = node;
        tree["status"] = new JsonObject { ["phase"] = "Running" };
    });

    /// <summary>The node says how the pod ended.</summary>
    public Task End(Pod pod, string phase, int exitCode = 0) => Update(pod, tree =>
    {
        var status = tree.Ensure("status");
        status["phase"] = phase;
        status["containerStatuses"] = new JsonArray(new JsonObject
        {
            ["name"] = "pi", ["ready"] = false, ["restartCount"] = 0, ["image"] = "perl", ["imageID"] = "",
            ["state"] = new JsonObject
            {
                ["terminated"] = new JsonObject
                {
                    ["exitCode"] = exitCode,
                    ["finishedAt"] = Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
                },
            },
        });
    });

    /// <summary>A node within reach, or out of it.</summary>
    public Task Node(string name, bool isThere) => Objects.Store.Txn([],
    [
        StoreOp.Put(Resources.Nodes.KeyOf(null, name), StoreFixture.Value($$$"""
            {"metadata":{"name":"{{{name}}}"},"status":{"conditions":[
            {"type":"Ready","status":"{{{(isThere ? "True" : "Unknown")}}}"}]}}
            """)),
    ], default);

    public Task Delete(Pod pod, long? grace = null) => Objects.RequestDelete(
        Resources.Pods, "default", pod.Metadata.Name!, pod.Metadata.Uid, grace, default);

    /// <summary>Looks at the Job until nothing changes; the time does not move.</summary>
    public async Task<TimeSpan?> Settle(string job)
    {
        for (var looks = 0; looks < LooksMax; looks++)
        {
            var before = Objects.Store.Revision;
            var wait = await Control.Jobs.Sync($"default/{job}", default);
            foreach (var pod in Objects.List(Resources.Pods, "default"))
            {
                await Control.JobOrphans.Sync($"default/{pod.Metadata.Name}", default);
            }

            if (Objects.Store.Revision == before && wait != TimeSpan.Zero)
            {
                return wait;
            }
        }

        throw new InvalidOperationException($"job {job} does not come to rest");
    }

    private Task<UpdateOutcome> Update(Pod pod, Action<JsonObject> change) => Objects.Update(
        Resources.Pods, "default", pod.Metadata.Name!, tree =>
        {
            if (tree["metadata"]!["uid"]!.ToString() != pod.Metadata.Uid)
            {
                return null;
            }

            change(tree);
            return tree;
        }, default);
}
