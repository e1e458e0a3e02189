using Edge.Proto.Model;
using Edge.Server.Admission;
using Edge.Server.Control.CronJobs;
using Edge.Server.Control.DaemonSets;
using Edge.Server.Control.Deployments;
using Edge.Server.Control.Disruption;
using Edge.Server.Control.HorizontalPodAutoscalers;
using Edge.Server.Control.Jobs;
using Edge.Server.Control.ReplicaSets;
using Edge.Server.Control.StatefulSets;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control;

/// <summary>
/// The controllers of workloads (apps/v1, batch/v1) and of what guards and scales them, with the indexes that they
/// share.
/// </summary>
internal sealed class WorkloadControllers
{
    private readonly PodIndex _pods;
    private readonly OwnedIndex<ReplicaSet> _sets;
    private readonly OwnedIndex<ControllerRevision> _revisions;
    private readonly NodeIndex _nodes;
    private readonly OwnedIndex<Job> _jobs;

    /// <param name="objects">Holds everything.</param>
    /// <param name="admission">Completes new pods.</param>
    /// <param name="suffix">Ends their names.</param>
    /// <param name="events">Tells what was done.</param>
    /// <param name="usageOf">Asks a node what its pods use; null where it does not say.</param>
    /// <param name="time">For what follows from time alone.</param>
    /// <param name="logs">Logs of each.</param>
    public WorkloadControllers(
        Objects objects, PodAdmission admission, NameSuffix suffix, EventRecorder events,
        Func<string, CancellationToken, Task<NodeUsage?>> usageOf, TimeProvider time, ILoggerFactory logs)
    {
        var store = objects.Store;
        _pods = new PodIndex(store, logs.CreateLogger<PodIndex>());
        _sets = new OwnedIndex<ReplicaSet>(
            store, Resources.ReplicaSets, set => set.Metadata, logs.CreateLogger("replicasets"));
        _revisions = new OwnedIndex<ControllerRevision>(
            store, Resources.ControllerRevisions, revision => revision.Metadata,
            logs.CreateLogger("controllerrevisions"));
        _nodes = new NodeIndex(store, logs.CreateLogger<NodeIndex>());
        _jobs = new OwnedIndex<Job>(store, Resources.Jobs, job => job.Metadata, logs.CreateLogger("jobs"));
        var nodes = new NodeReach(store, logs.CreateLogger<NodeReach>());
        var writer = new PodWriter(objects, admission, _pods, suffix, events, time);
        All =
        [
            new DeploymentsController(
                objects, _pods, _sets, nodes, new DeploymentWriter(objects, _sets, events, time), time,
                logs.CreateLogger<DeploymentsController>()),
            new ReplicaSetsController(
                objects, _pods, _sets, nodes, writer, time, logs.CreateLogger<ReplicaSetsController>()),
            new StatefulSetsController(
                objects, _pods, _revisions, nodes,
                new PodWriter(objects, admission, _pods, suffix, events, time) { Words = PodWords.StatefulSet }, time,
                logs.CreateLogger<StatefulSetsController>()),
            new DaemonSetsController(
                objects, _pods, _revisions, _nodes, writer, time, logs.CreateLogger<DaemonSetsController>()),
            new JobsController(
                objects, _pods, nodes, new JobWriter(objects, _pods, writer, time), time,
                logs.CreateLogger<JobsController>()),
            new JobOrphansController(objects, _pods, logs.CreateLogger<JobOrphansController>()),
            new JobExpiryController(objects, time, logs.CreateLogger<JobExpiryController>()),
            new CronJobsController(
                objects, _jobs, new CronJobWriter(objects, _jobs, events, time), time,
                logs.CreateLogger<CronJobsController>()),
            new HorizontalPodAutoscalersController(
                objects, new ScaleTargets(objects, _pods, _sets, logs.CreateLogger<ScaleTargets>()), usageOf, events,
                time, logs.CreateLogger<HorizontalPodAutoscalersController>()),
            new DisruptionController(objects, nodes, events, time, logs.CreateLogger<DisruptionController>()),
        ];
    }

    public IReadOnlyList<IController> All { get; }

    /// <summary>Must be done before they run: they would make again what they do not know.</summary>
    public void Prime()
    {
        _pods.Prime();
        _sets.Prime();
        _revisions.Prime();
        _nodes.Prime();
        _jobs.Prime();
    }
}
