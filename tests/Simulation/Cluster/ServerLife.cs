using Edge.Server.Control;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// One life of the server: the real store, link, fleet, and the two controllers that decide over nodes which are away.
/// </summary>
internal sealed class ServerLife
{
    public const string ClusterUid = "simulated";

    /// <summary>The usual --node-monitor-grace-period.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(40);

    private readonly SimWire _wire;
    private readonly ClusterTruth _truth;
    private readonly LinkServer _link;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public ServerLife(
        string path, SimWire wire, SimProcess process, Random random, ClusterTruth truth, ClusterRules rules,
        ILoggerFactory logs)
    {
        (_wire, _truth, Process) = (wire, truth, process);
        Store = process.Pump.Start(() => ObjectStore.Open(
            new StoreSettings(path, new byte[SecretKeyFile.KeyBytes]) { WritesOnOwnThread = false }, process,
            logs.CreateLogger<ObjectStore>()));
        Objects = new Objects(Store, process, truth.NewUid, logs.CreateLogger<Objects>());
        var events = new EventRecorder(Objects, process);
        _link = new LinkServer(
            new LinkServerSettings { ClusterUid = ClusterUid, Broker = "simulated" }, process, random,
            logs.CreateLogger<LinkServer>());
        Connection = new SimConnection(wire, process, null) { Settings = _link.MqttSettings() };
        IController[] controllers =
        [
            new NodesController(Objects, events, process, logs.CreateLogger<NodesController>()),
            new TaintEvictionController(
                Objects, events, rules.Contact(_link), process, logs.CreateLogger<TaintEvictionController>()),
        ];
        var hold = new RestoreHold(Objects, _link, process, logs.CreateLogger<RestoreHold>());
        var publisher = new DesiredPublisher(Objects, _link, hold, logs.CreateLogger<DesiredPublisher>());
        var intake = new ReportIntake(
            Objects, _link.Events, new PodPresence(Objects, publisher.PodsOn, events, process), events, s_grace,
            process, logs.CreateLogger<ReportIntake>());
        process.Pump.Start(() =>
        {
            if (rules.PrimesFirst)
            {
                publisher.Prime();
            }

            _loops.AddRange(controllers.Select(controller => new ControllerLoop(
                controller, Store, process, logs.CreateLogger<ControllerLoop>()).Run(_stop.Token)));
            _loops.Add(rules.PrimesFirst ? publisher.Run(_stop.Token) : PublishLate(publisher));
            _loops.Add(intake.Run(_stop.Token));
            _loops.Add(_link.Serve(Connection, _stop.Token));
            _loops.Add(Watch(Resources.Nodes.Prefix(), truth.NodeStored));
            _loops.Add(Watch(Resources.Pods.Prefix(), truth.PodStored));
            return 0;
        });
        wire.Attach(Connection);
    }

    public SimProcess Process { get; }

    public SimConnection Connection { get; }

    public ObjectStore Store { get; }

    public Objects Objects { get; }

    public int EventsWaiting => _link.Events.Count;

    /// <summary>Does something as a user, to the end.</summary>
    public T Do<T>(Func<Task<T>> act) => Process.Pump.Finish(act);

    public void Do(Func<Task> act) => Process.Pump.Finish(async () =>
    {
        await act();
        return true;
    });

    public void Check()
    {
        foreach (var loop in _loops)
        {
            _truth.Demand(!loop.IsCompleted, $"a loop of the server ended: {loop.Exception}");
        }
    }

    /// <summary>Nobody hears of it any more; what its disk held was copied. Only its files are closed.</summary>
    public void Bury()
    {
        Process.Mute();
        _wire.Detach(Connection, silently: false);
        Process.Pump.IsEnding = true;
        var closed = Process.Pump.Start(() =>
        {
            _stop.Cancel();
            return Store.DisposeAsync().AsTask();
        });
        Process.Pump.Run(int.MaxValue);
        closed.GetAwaiter().GetResult();
        Process.Kill();
    }

    /// <summary>As if nothing were wanted until the store has been looked through.</summary>
    private async Task PublishLate(DesiredPublisher publisher)
    {
        foreach (var node in Objects.List(Resources.Nodes))
        {
            _link.SetAllDesired(node.Metadata.Name!, []);
        }

        await Task.Delay(TimeSpan.FromMinutes(2), Process, _stop.Token);
        await publisher.Run(_stop.Token);
    }

    private async Task Watch(string prefix, Action<StoredObject, bool> look)
    {
        await foreach (var step in Store.Follow(prefix, _stop.Token))
        {
            if (Process.IsAlive && step is FollowStep.Changed { Change: var change })
            {
                look(change.Object, change.Type == ChangeType.Delete);
            }
        }
    }
}
