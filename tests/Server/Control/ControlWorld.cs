using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Control.Deployments;
using Edge.Server.Control.ReplicaSets;
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
    }

    public FakeClock Clock { get; }

    public Objects Objects { get; }

    public PodIndex Pods { get; }

    public OwnedIndex<ReplicaSet> Sets { get; }

    public NodeReach Nodes { get; }

    public PodWriter Writer { get; }

    public ReplicaSetsController ReplicaSets { get; }

    public DeploymentsController Deployments { get; }

    public void Prime()
    {
        Pods.Prime();
        Sets.Prime();
    }
}
