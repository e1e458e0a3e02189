using Edge.Proto.Model;
using Edge.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>A server with every controller on, a hundred nodes and people, driven by one seed.</summary>
internal sealed class SimWorld : IDisposable
{
    private const int NodeCount = 100;
    private const int ContinuationsMost = 40;

    private readonly Random _random;
    private readonly FakeClock _clock = new();
    private readonly SimDisk _disk = new();
    private readonly SimTruth _truth = new();
    private readonly SimFaults _logs = new();
    private readonly SimUser _user;
    private readonly SimDrains _drains;
    private readonly Dictionary<string, SimNode> _nodes = [];
    private readonly RolloutBounds _rollouts = new();
    private readonly DeletionBounds _deletions = new();
    private readonly BudgetBounds _budgets;
    private SimServer _server;

    public SimWorld(int seed)
    {
        _random = new Random(seed);
        _budgets = new BudgetBounds(_truth);
        _user = new SimUser(_random, _deletions);
        _drains = new SimDrains(_random, _budgets);
        _server = Start();
        _server.Do(() => Prepare(_server.Objects));
        for (var index = 0; index < NodeCount; index++)
        {
            Enrol($"node-{index:d3}");
        }

        _server.Do(() => _user.Begin(_server.Api));
    }

    /// <summary>Anything can happen: one step of it.</summary>
    public void Step()
    {
        var node = _nodes.Values.ElementAt(_random.Next(_nodes.Count));
        switch (_random.Next(100))
        {
            case < 12:
                _server.Do(() => _user.Act(_server.Api));
                break;
            case < 16:
                RunAll();
                _server.Do(() => _drains.Act(_server.Api));
                break;
            case < 20 when !node.IsScrapped:
                node.Link(!node.Connected, _server);
                break;
            case < 21 when !node.IsScrapped:
                node.Reboot(_server);
                break;
            case < 22:
                Replace(node);
                break;
            case < 23:
                Crash();
                break;
            case < 24:
                _clock.StepWall(TimeSpan.FromSeconds(_random.Next(-600, 600)));
                break;
            case < 65:
                Pass(TimeSpan.FromSeconds(_random.Next(1, 15)));
                break;
            default:
                _server.Run(_random.Next(ContinuationsMost));
                break;
        }

        Check();
    }

    /// <summary>All links come back, all mistakes are mended; then everything must come to rest and stay.</summary>
    public void Settle()
    {
        foreach (var node in _nodes.Values.ToList())
        {
            if (node.IsScrapped)
            {
                _server.Do(() => Forget(node.Name));
            }
            else if (!node.Connected)
            {
                node.Link(connected: true, _server);
            }
        }

        _server.Do(() => _drains.End(_server.Api));
        Rest();
    }

    /// <summary>
    /// With nothing else going on: nodes are emptied under a budget, a Deployment is rolled out, and goes. So each
    /// bound is judged in each world.
    /// </summary>
    public void Finish()
    {
        const string name = "last";
        const int replicas = 6;
        _server.Do(() => _server.Api.Create(SimManifests.Deployment(name, replicas, toleratesSeconds: null)));
        _server.Do(() => _server.Api.Create(SimManifests.Budget(name, "maxUnavailable: 1")));
        Rest();
        var (granted, refused) = (_budgets.Granted, _budgets.Refused);
        foreach (var pod in _server.Objects.List(Resources.Pods).Where(pod => IsOf(pod, name)).ToList())
        {
            _server.Do(() => _drains.Begin(_server.Api, pod.Spec.NodeName!));
        }

        for (var round = 0; _server.Do(() => _drains.Ask(_server.Api)) > 0; round++)
        {
            Assert.True(round < 200, "nodes cannot be emptied");
            Pass(TimeSpan.FromSeconds(5));
            RunAll();
        }

        Assert.True(_budgets.Granted - granted >= replicas, "evictions were not judged");
        Assert.True(_budgets.Refused > refused, "no eviction was refused");
        _server.Do(() => _drains.End(_server.Api));
        var (made, taken) = (_rollouts.Made, _rollouts.Taken);
        _server.Do(() => _server.Api.Spec(Resources.Deployments, name, spec =>
            spec["template"]!["spec"]!["containers"]![0]!["image"] = "registry.example/web:2"));
        Rest();
        // The first wave is under way before the new template is known to be acted upon.
        Assert.True(
            _rollouts.Made - made >= replicas / 2 && _rollouts.Taken - taken >= replicas / 2, "no rollout was judged");
        var judged = _deletions.Judged;
        _server.Do(() => _deletions.Delete(_server.Api, Resources.Deployments, name, Propagation.Foreground));
        Rest();
        Assert.True(_deletions.Judged > judged, "no deletion was judged");
        Assert.DoesNotContain(_server.Objects.List(Resources.Pods), pod => IsOf(pod, name));
    }

    public void Dispose() => _disk.Dispose();

    private SimServer Start() => new(
        _disk, _clock, _random, _truth, name => _nodes.GetValueOrDefault(name), UsageOf, _logs);

    private static bool IsOf(Pod pod, string app) => pod.Metadata.Labels?.GetValueOrDefault("app") == app;

    private static async Task<int> Prepare(Objects objects)
    {
        foreach (var name in Deletion.KeptNamespaces)
        {
            await objects.Create(Resources.Namespaces, new Namespace
            {
                Metadata = new ObjectMeta { Name = name }, Spec = new NamespaceSpec { Finalizers = ["kubernetes"] },
            }, default);
        }

        return 0;
    }

    /// <summary>A machine of that name joins; it knows nothing of one that had the name before.</summary>
    private void Enrol(string name)
    {
        _server.Do(() => _server.Objects.Create(Resources.Nodes, new Node
        {
            Metadata = new ObjectMeta
            {
                Name = name, Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = name },
            },
        }, default));
        _truth.Replaced(name);
        var node = new SimNode(name, _clock, _random);
        _nodes[name] = node;
        node.Hello(_server);
    }

    private Task<DeleteOutcome> Forget(string node) => _server.Objects.RequestDelete(
        Resources.Nodes, null, node, uid: null, new DeletionWish(Propagation: Propagation.Background), default);

    /// <summary>A machine is scrapped; later people delete its Node, and put another in its place.</summary>
    private void Replace(SimNode node)
    {
        if (!node.IsScrapped)
        {
            _truth.Scrapped(node.Name);
            node.Scrap(_server);
        }
        else if (_server.Objects.Get(Resources.Nodes, null, node.Name) is not null)
        {
            _server.Do(() => Forget(node.Name));
        }
        else
        {
            Enrol(node.Name);
        }
    }

    private NodeUsage? UsageOf(string name) => _nodes.GetValueOrDefault(name) is { Connected: true } node
        ? new NodeUsage
        {
            Timestamp = _clock.GetUtcNow(),
            Pods = [.. node.Running.Where(pod => pod is { Ready: true, App: not null }).Select(UsageOf)],
        }
        : null;

    /// <summary>A Deployment's load is shared by all that serve.</summary>
    private PodUsage UsageOf(SimPod pod)
    {
        var serving = _nodes.Values.Sum(node => node.Running.Count(other => other.Ready && other.App == pod.App));
        return new PodUsage
        {
            Uid = pod.Uid, Namespace = "default", Name = pod.Name, WindowMilliseconds = 15_000,
            Containers = new Dictionary<string, ResourceUsage>
            {
                ["main"] = new ResourceUsage { CpuNanocores = _user.LoadOf(pod.App!) * 1_000_000L / serving },
            },
        };
    }

    private void Crash()
    {
        _server.Crash();
        _server = Start();
        _rollouts.Forget();
        foreach (var node in _nodes.Values)
        {
            node.Hello(_server);
        }
    }

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        foreach (var node in _nodes.Values)
        {
            node.Tick(_server);
        }
    }

    private void RunAll()
    {
        while (!_server.Run(ContinuationsMost))
        {
            Check();
        }

        Check();
    }

    private void Rest()
    {
        long at;
        var rounds = 0;
        do
        {
            _server.Do(() => _user.Mend(_server.Api));
            at = _server.Store.Revision;
            for (var round = 0; round < 40; round++)
            {
                Pass(TimeSpan.FromSeconds(15));
                RunAll();
            }

            Assert.True(++rounds < 60, "it does not come to rest");
        }
        while (_server.Store.Revision != at);
        SettledWorld.Check(_server.Objects, _truth, _nodes.Values, _user);
        _deletions.CheckSettled(_server.Objects);
        Assert.Empty(_logs.Errors);
    }

    private void Check()
    {
        _rollouts.Check(_server.Objects);
        _deletions.Check(_server.Objects);
        _truth.Look(_server.Objects);
        CheckOrdinals();
    }

    /// <summary>Whatever the store says: two processes of one StatefulSet's ordinal are never there at once.</summary>
    private void CheckOrdinals()
    {
        var seen = new HashSet<string>();
        foreach (var pod in _nodes.Values.SelectMany(node => node.Running))
        {
            if (pod.Spec.Metadata.OwnerReferences is [{ Kind: "StatefulSet" }, ..])
            {
                Assert.True(seen.Add(pod.Name), $"{pod.Name} runs twice");
            }
        }
    }
}
