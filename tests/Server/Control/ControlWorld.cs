using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Control.CronJobs;
using Edge.Server.Control.DaemonSets;
using Edge.Server.Control.Deployments;
using Edge.Server.Control.HorizontalPodAutoscalers;
using Edge.Server.Control.Jobs;
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

    public ControlWorld(StoreFixture fixture, int seed = 1) : this(fixture.Store, fixture.Clock, seed)
    {
    }

    /// <param name="store">Any store.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="seed">Another one for each life of a server, so that no name or UID comes twice.</param>
    public ControlWorld(ObjectStore store, FakeClock clock, int seed)
    {
        Clock = clock;
        Objects = new Objects(store, Clock, () => $"uid-{seed}-{Interlocked.Increment(ref _uid)}");
        var events = new EventRecorder(Objects, Clock);
        Pods = new PodIndex(store, NullLogger<PodIndex>.Instance);
        Sets = new OwnedIndex<ReplicaSet>(store, Resources.ReplicaSets, set => set.Metadata, NullLogger.Instance);
        OwnedJobs = new OwnedIndex<Job>(store, Resources.Jobs, job => job.Metadata, NullLogger.Instance);
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
        Jobs = new JobsController(
            Objects, Pods, Nodes, new JobWriter(Objects, Pods, Writer, Clock), Clock,
            NullLogger<JobsController>.Instance);
        JobOrphans = new JobOrphansController(Objects, Pods, NullLogger<JobOrphansController>.Instance);
        JobExpiry = new JobExpiryController(Objects, Clock, NullLogger<JobExpiryController>.Instance);
        CronJobs = new CronJobsController(
            Objects, OwnedJobs, new CronJobWriter(Objects, OwnedJobs, events, Clock), Clock,
            NullLogger<CronJobsController>.Instance);
        Autoscalers = new HorizontalPodAutoscalersController(
            Objects, new ScaleTargets(Objects, Pods, Sets, NullLogger<ScaleTargets>.Instance),
            (node, _) => UsageOf(node), events, Clock, NullLogger<HorizontalPodAutoscalersController>.Instance);
    }

    public FakeClock Clock { get; }

    public Objects Objects { get; }

    public PodIndex Pods { get; }

    public OwnedIndex<ReplicaSet> Sets { get; }

    public OwnedIndex<Job> OwnedJobs { get; }

    public NodeReach Nodes { get; }

    public PodWriter Writer { get; }

    public ReplicaSetsController ReplicaSets { get; }

    public DeploymentsController Deployments { get; }

    public OwnedIndex<ControllerRevision> Revisions { get; }

    public NodeIndex AllNodes { get; }

    public StatefulSetsController StatefulSets { get; }

    public DaemonSetsController DaemonSets { get; }

    public JobsController Jobs { get; }

    public JobOrphansController JobOrphans { get; }

    public JobExpiryController JobExpiry { get; }

    public CronJobsController CronJobs { get; }

    public HorizontalPodAutoscalersController Autoscalers { get; }

    /// <summary>What nodes say they use; nothing unless a test says otherwise.</summary>
    public Func<string, Task<NodeUsage?>> UsageOf { get; set; } = _ => Task.FromResult<NodeUsage?>(null);

    public void Prime()
    {
        Revisions.Prime();
        AllNodes.Prime();
        Pods.Prime();
        Sets.Prime();
        OwnedJobs.Prime();
    }
}
