using Edge.Agent;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Probes;
using Edge.Agent.Report;
using Edge.Agent.Settings;
using Edge.Proto.Model;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>One life of an agent: the real one from its link to its reconcile loop, over a simulated machine.</summary>
internal sealed class AgentLife
{
    private readonly SimMachine _machine;
    private readonly SimWire _wire;
    private readonly ClusterTruth _truth;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _loops;
    private readonly ReportOutbox _reports = new();
    private object _seen;

    public AgentLife(
        SimMachine machine, SimWire wire, SimProcess process, Random random, ClusterTruth truth, ClusterRules rules,
        ILoggerFactory logs)
    {
        (_machine, _wire, _truth, Process) = (machine, wire, truth, process);
        var log = logs.CreateLogger("agent");
        Ledger = NodeLedger.Read(machine.Disk, machine.Box, log);
        _seen = Ledger.Desired;
        LinkClient? link = null;
        var contact = new ServerContact(
            machine.RunDir, machine.BootId, machine.KeepAlive,
            () => rules.Contact(link?.LastAnswer, process), process);
        var facts = new NodeFacts(machine.Name, "192.0.2.1", 4000, 1 << 30, 1 << 30);
        void Wake(string uid) => Loop!.Wake(uid);
        var pulls = new ImagePulls(machine, Wake, process, _stop.Token);
        var probes = new ProbeSet(new ProbeClient(machine, process), Wake, _ => { }, process);
        var images = new ImageSteps(machine, pulls, _ => { }, process);
        var known = new KnownSettings(() => Ledger.Desired, log);
        var around = new RoundSurroundings(process, () => facts, contact.Since, Report)
        {
            ReportPassing = (uid, report) => Report(uid, report, isPassing: true),
            KeepAlive = () => Fencing.KeepAlive(contact.KeepAlive, known.Now),
            IsHeldBack = uid => rules.HoldsBack && known.HoldsBack(uid),
        };
        var runner = new PodRunner(machine, Ledger, images, _ => { }, process, log);
        Loop = new ReconcileLoop(
            machine, Ledger, new PodRounds(Ledger, runner, images, probes, around, log), process, log);
        var settings = new LinkSettings
        {
            NodeName = machine.Name,
            ClusterUid = ServerLife.ClusterUid,
            Broker = new LinkBroker(new Uri("mqtts://broker:8883"), IsSealed: false),
            CaFile = "",
            Tls = () => new MqttTls("", null, null),
            KeepAlive = machine.KeepAlive,
            BootId = machine.BootId,
        };
        var desired = Ledger.Desired;
        link = new LinkClient(
            settings,
            desired.Keys.Order(StringComparer.Ordinal).Select(key => new MapEntry(key, desired[key])),
            process, random, new Logger<LinkClient>(logs))
        {
            HasLeases = () => rules.AsksForLeases && Parts.HasLeases(Ledger),
        };
        link.Answered += contact.Keep;
        link.StateChanged += _ => Loop.WakeAll();
        _reports.Attach(link);
        Say();
        Connection = new SimConnection(wire, process, machine.Name) { Settings = link.MqttSettings };
        _loops = process.Pump.Start<Task[]>(() =>
        [
            Loop.Run(_stop.Token), link.Serve(Connection, _stop.Token),
            DesiredIntake.Run(link.Desired, Ledger, Loop, process, _stop.Token),
        ]);
        wire.Attach(Connection);
    }

    public SimProcess Process { get; }

    public SimConnection Connection { get; }

    public NodeLedger Ledger { get; }

    public ReconcileLoop Loop { get; }

    /// <summary>Of the reports that the server must come to know.</summary>
    public Dictionary<string, PodReport> Reported { get; } = [];

    /// <summary>Something of the node itself changes.</summary>
    public void Say()
    {
        _machine.Said++;
        _reports.Node(new NodeReport
        {
            Labels = new Dictionary<string, string> { [ClusterTruth.SaidLabel] = $"{_machine.Said}" },
            Status = new NodeStatus { Conditions = [new Condition { Type = "Ready", Status = "True" }] },
        });
    }

    /// <summary>After anything was done: no loop may end, and each commit of the ledger is judged.</summary>
    public void Check()
    {
        foreach (var loop in _loops)
        {
            _truth.Demand(!loop.IsCompleted, $"a loop of {_machine.Name} ended: {loop.Exception}");
        }

        if (!ReferenceEquals(_seen, Ledger.Desired))
        {
            _seen = Ledger.Desired;
            _truth.Committed(_machine, Ledger.Desired);
        }
    }

    /// <summary>It is told to end, and does; the containers stay.</summary>
    public void Stop()
    {
        _stop.Cancel();
        Process.Pump.Run(int.MaxValue);
        Kill(silently: false);
    }

    /// <summary>It ends at this very moment.</summary>
    public void Kill(bool silently)
    {
        Process.Kill();
        _wire.Detach(Connection, silently);
        _machine.Agent = null;
    }

    private void Report(string uid, PodReport? report) => Report(uid, report, isPassing: false);

    private void Report(string uid, PodReport? report, bool isPassing)
    {
        _truth.Reported(_machine, uid, report);
        _reports.Pod(uid, report, isPassing);
        if (report is null)
        {
            Reported.Remove(uid);
        }
        else
        {
            Reported[uid] = report;
        }
    }
}
