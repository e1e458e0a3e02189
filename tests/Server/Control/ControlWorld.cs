using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Control.DaemonSets;
using Edge.Server.Control.Deployments;
using Edge.Server.Control.ReplicaSets;
using Edge.Server.Control.StatefulSets;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>The workload controllers and what they share, over a real store.</summary>
internal sealed class ControlWorld
{
    private int _uid;

    public ControlWorld(StoreFixture fixture, int seed = 1)
    {
        Clock = fixture.Clock;
        Objects = new Objects(fixture.Store, Clock, () => $"uid-{Interlocked.Increment(ref _uid)}");
        var store = fixture.Store;
        var events = new EventRecorder(Objects, Clock);
        Pods = new PodIndex(store, NullLogger<PodIndex>.Instance);
        Sets = new OwnedIndex<ReplicaSet>(store, Resources.ReplicaSets, set => set.Metadata, NullLogger.Instance);
        Nodes = new NodeReach(store, NullLogger<NodeReach>.Instance);
        Writer = new PodWriter(
            Objects, new PodAdmission(Objects, DefaultTolerations.None), Pods, new NameSuffix(new Random(seed)), events,
            Clock);
        ReplicaSets = new ReplicaSetsController(
            Objects, Pods, Sets, Nodes, Writer, Clock, NullLogger<ReplicaSetsController>.Instance);
        Deployments = new DeploymentsController(
            Objects, Pods, Sets, Nodes, new DeploymentWriter(Objects, Sets, events, Clock), Clock,
            NullLogger<DeploymentsController>.Instance);
        Revisions = new OwnedIndex<ControllerRevision>(
            store, Resources.ControllerRevisions, revision => revision.Metadata, NullLogger.Instance);
        AllNodes = new NodeIndex(store, NullLogger<NodeIndex>.Instance);
        var numbered = new PodWriter(
            Objects, new PodAdmission(Objects, DefaultTolerations.None), Pods, new NameSuffix(new Random(seed)), events,
            Clock) { Words = PodWords.StatefulSet };
        StatefulSets = new StatefulSetsController(
            Objects, Pods, Revisions, Nodes, numbered, Clock, NullLogger<StatefulSetsController>.Instance);
        DaemonSets = new DaemonSetsController(
            Objects, Pods, Revisions, AllNodes, Writer, Clock, NullLogger<DaemonSetsController>.Instance);
    }

    public FakeClock Clock { get; }

    public Objects Objects { get; }

    public PodIndex Pods { get; }

    public OwnedIndex<ReplicaSet> Sets { get; }

    public NodeReach Nodes { get; }

    public PodWriter Writer { get; }

    public ReplicaSetsController ReplicaSets { get; }

    public DeploymentsController Deployments { get; }

    public OwnedIndex<ControllerRevision> Revisions { get; }

    public NodeIndex AllNodes { get; }

    public StatefulSetsController StatefulSets { get; }

    public DaemonSetsController DaemonSets { get; }

    public void Prime()
    {
        Revisions.Prime();
        AllNodes.Prime();
        Pods.Prime();
        Sets.Prime();
    }
}
