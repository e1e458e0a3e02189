using System.Threading.Channels;
using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Control;
using Edge.Server.Control.GarbageCollection;
using Edge.Server.Control.Namespaces;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.Pods;
using Edge.Server.Control.ServiceAccounts;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Server.Schedule;
using Edge.Server.Schema;
using Edge.Server.Store;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// One life of the server: every loop of the real one but for API and link, over a real store. What it has not written
/// when it crashes is gone.
/// </summary>
internal sealed class SimServer
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(40);

    private readonly Pump _pump;
    private readonly FakeClock _clock;
    private readonly SimDisk _disk;
    private readonly Channel<LinkEvent> _happened = Channel.CreateUnbounded<LinkEvent>();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly Dictionary<string, DateTimeOffset> _heard = [];
    private readonly DateTimeOffset _began;
    private readonly SimTruth _truth;
    private long _podsAt = -1;
    private ILookup<string, Pod> _pods = Array.Empty<Pod>().ToLookup(_ => "");

    public SimServer(
        SimDisk disk, FakeClock clock, Random random, SimTruth truth, Func<string, SimNode?> nodeOf,
        Func<string, NodeUsage?> usageOf, ILoggerFactory logs)
    {
        (_disk, _clock, _truth, _began) = (disk, clock, truth, clock.GetUtcNow());
        _pump = new Pump(random);
        Store = _pump.Start(() => ObjectStore.Open(
            new StoreSettings(disk.Path, new byte[SecretKeyFile.KeyBytes]) { WritesOnOwnThread = false }, clock,
            logs.CreateLogger<ObjectStore>()));
        Objects = new Objects(Store, clock, truth.NewUid, logs.CreateLogger<Objects>());
        var events = new EventRecorder(Objects, clock);
        var (admission, suffix) = (new PodAdmission(Objects, DefaultTolerations.None), new NameSuffix(random));
        Api = new SimApi(Objects, admission, suffix, clock);
        var workloads = new WorkloadControllers(
            Objects, admission, suffix, events, (node, _) => Task.FromResult(usageOf(node)), clock, logs);
        var contact = new NodeContact(
            node => clock.GetUtcNow() - LastHeard(node),
            (node, key, silence) => nodeOf(node) is { } sim && clock.GetUtcNow() - LastHeard(node) >= silence
                && sim.Withheld.Add(key),
            (node, key, _) => nodeOf(node)?.Withheld.Remove(key),
            (node, key) => nodeOf(node)?.Withheld.Remove(key));
        IController[] controllers =
        [
            .. workloads.All,
            new GarbageCollectionController(
                Objects, SchemaCatalog.Default, events, logs.CreateLogger<GarbageCollectionController>()),
            new NamespacesController(Objects, clock, logs.CreateLogger<NamespacesController>()),
            new NodesController(Objects, events, clock, logs.CreateLogger<NodesController>()),
            new PodsController(Objects, 1000, clock, logs.CreateLogger<PodsController>()),
            new ServiceAccountsController(Objects),
            new TaintEvictionController(
                Objects, events, contact, clock, logs.CreateLogger<TaintEvictionController>()),
        ];
        _pump.Start(() =>
        {
            workloads.Prime();
            _loops.AddRange(controllers.Select(controller =>
                new ControllerLoop(controller, Store, clock, logs.CreateLogger<ControllerLoop>()).Run(_stop.Token)));
            _loops.Add(new SchedulerLoop(Objects, events, clock, logs.CreateLogger<SchedulerLoop>()).Run(_stop.Token));
            _loops.Add(new ReportIntake(
                Objects, _happened.Reader, new PodPresence(Objects, KeysOn, events, clock), events, s_grace, clock,
                logs.CreateLogger<ReportIntake>()).Run(_stop.Token));
            return 0;
        });
    }

    public ObjectStore Store { get; }

    public Objects Objects { get; }

    public SimApi Api { get; }

    public void Tell(LinkEvent happened) => Assert.True(_happened.Writer.TryWrite(happened));

    public void Heard(string node) => _heard[node] = _clock.GetUtcNow();

    public void Started(Pod pod) => _truth.Started(pod);

    public void Ended(SimPod pod) => _truth.Ended(pod);

    private IEnumerable<string> KeysOn(string node) =>
        PodsOf(node).Select(pod => Resources.Pods.KeyOf(pod.Metadata.Namespace, pod.Metadata.Name!));

    /// <summary>What the node should run, as the newest commit has it.</summary>
    public IEnumerable<Pod> PodsOf(string node)
    {
        if (_podsAt != Store.Revision)
        {
            _podsAt = Store.Revision;
            _pods = Objects.List(Resources.Pods).Where(pod => !string.IsNullOrEmpty(pod.Spec.NodeName))
                .ToLookup(pod => pod.Spec.NodeName!);
        }

        return _pods[node];
    }

    /// <summary>Runs so many of its continuations; true when it has nothing to do.</summary>
    public bool Run(int most)
    {
        var idle = _pump.Run(most);
        Assert.All(_loops, loop => Assert.False(loop.IsCompleted, $"a loop ended: {loop.Exception}"));
        return idle;
    }

    /// <summary>Does something as a user, to the end.</summary>
    public T Do<T>(Func<Task<T>> act) => _pump.Finish(act);

    /// <summary>Ends at this very moment; the disk keeps what was committed.</summary>
    public void Crash()
    {
        _pump.Crash();
        _disk.Cut();
    }

    private DateTimeOffset LastHeard(string node) => _heard.GetValueOrDefault(node, _began);
}
