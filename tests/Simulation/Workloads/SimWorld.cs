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
    private readonly Dictionary<string, SimNode> _nodes = [];
    private readonly RolloutBounds _bounds = new();
    private SimServer _server;

    public SimWorld(int seed)
    {
        _random = new Random(seed);
        _user = new SimUser(_random);
        _server = Start();
        _server.Do(() => Prepare(_server.Objects));
        for (var index = 0; index < NodeCount; index++)
        {
            var node = new SimNode($"node-{index:d3}", _clock, _random);
            _nodes[node.Name] = node;
            node.Hello(_server);
        }
    }

    /// <summary>Anything can happen: one step of it.</summary>
    public void Step()
    {
        var node = _nodes.Values.ElementAt(_random.Next(NodeCount));
        switch (_random.Next(100))
        {
            case < 8:
                _server.Do(() => _user.Act(_server.Objects));
                break;
            case < 12:
                node.Link(!node.Connected, _server);
                break;
            case < 13:
                Crash();
                break;
            case < 14:
                _clock.StepWall(TimeSpan.FromSeconds(_random.Next(-600, 600)));
                break;
            case < 60:
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
        foreach (var node in _nodes.Values.Where(node => !node.Connected))
        {
            node.Link(connected: true, _server);
        }

        _server.Do(() => _user.Mend(_server.Objects));
        long at;
        var rounds = 0;
        do
        {
            at = _server.Store.Revision;
            for (var round = 0; round < 40; round++)
            {
                Pass(TimeSpan.FromSeconds(15));
                RunAll();
            }

            Assert.True(++rounds < 60, "it does not come to rest");
        }
        while (_server.Store.Revision != at);
        CheckSettled();
        Assert.Empty(_logs.Errors);
    }

    public void Dispose() => _disk.Dispose();

    private SimServer Start() => new(
        _disk, _clock, _random, _truth, name => _nodes.GetValueOrDefault(name), _logs);

    private async Task<int> Prepare(Objects objects)
    {
        foreach (var name in Deletion.KeptNamespaces)
        {
            await objects.Create(Resources.Namespaces, new Namespace
            {
                Metadata = new ObjectMeta { Name = name }, Spec = new NamespaceSpec { Finalizers = ["kubernetes"] },
            }, default);
        }

        for (var index = 0; index < NodeCount; index++)
        {
            await objects.Create(Resources.Nodes, new Node
            {
                Metadata = new ObjectMeta
                {
                    Name = $"node-{index:d3}",
                    Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = $"node-{index:d3}" },
                },
            }, default);
        }

        return 0;
    }

    private void Crash()
    {
        _server.Crash();
        _server = Start();
        _bounds.Forget();
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

    private void Check()
    {
        _bounds.Check(_server.Objects);
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

    private void CheckSettled()
    {
        var objects = _server.Objects;
        foreach (var deployment in objects.List(Resources.Deployments))
        {
            var (name, wanted) = (deployment.Metadata.Name, deployment.Spec.Replicas);
            Assert.True(
                (deployment.Status?.Replicas, deployment.Status?.UpdatedReplicas, deployment.Status?.AvailableReplicas)
                == (wanted, wanted, wanted), $"{name} wants {wanted}: {deployment.Status}");
        }

        foreach (var job in objects.List(Resources.Jobs))
        {
            var name = job.Metadata.Name;
            Assert.True(
                job.Status?.Succeeded == job.Spec.Completions,
                $"{name}: {job.Status?.Succeeded} of {job.Spec.Completions}");
            Assert.Contains(job.Status!.Conditions ?? [], done => done is { Type: "Complete", Status: "True" });
            Assert.True(
                _truth.StartsOf(job.Metadata.Uid) == job.Spec.Completions,
                $"{name} of {job.Spec.Completions} started {_truth.StartsOf(job.Metadata.Uid)} pods");
        }

        foreach (var set in objects.List(Resources.StatefulSets))
        {
            Assert.True(set.Status?.AvailableReplicas == set.Spec.Replicas, $"{set.Metadata.Name}: {set.Status}");
        }

        foreach (var set in objects.List(Resources.DaemonSets))
        {
            Assert.True(
                (set.Status?.NumberAvailable, set.Status?.UpdatedNumberScheduled) == (NodeCount, NodeCount),
                $"{set.Metadata.Name}: {set.Status}");
        }

        Assert.DoesNotContain(objects.List(Resources.Pods), pod => pod.Metadata.DeletionTimestamp is not null);
        var running = _nodes.Values.SelectMany(node => node.Running).Select(pod => pod.Uid).Order();
        var stored = objects.List(Resources.Pods).Where(pod => pod.Status?.Phase is not ("Succeeded" or "Failed"))
            .Select(pod => pod.Metadata.Uid!).Order();
        Assert.Equal(stored, running);
    }
}
