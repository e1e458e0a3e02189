using Edge.Agent.Ledger;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Runtime.Images;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>One run of one pod's steps: what it began with and what it has become. Owned by that run alone.</summary>
internal sealed class PodWork(PodView view, ObjectSource objects, NodeFacts node)
{
    public PodView View => view;

    public ObjectSource Objects => objects;

    public NodeFacts Node => node;

    /// <summary>Asked before each start: a run may take longer than the pod's lease.</summary>
    public Func<bool> IsFenced { get; init; } = () => false;

    public PodRecord Record { get; set; } = view.Record;

    public PodMemory Memory { get; set; } = view.Memory;

    /// <summary>The images found in this run, by container.</summary>
    public Dictionary<string, ImageRecord> Images { get; } = [];

    public Pod Pod => view.Pod ?? throw new InvalidOperationException($"pod {view.Uid} is no longer desired");

    public Container Container(string name) => PodShape.Find(Pod, name)
        ?? throw new InvalidOperationException($"pod {view.Uid} has no container {name}");

    public void Remember(string container, Func<ContainerMemory, ContainerMemory> change) =>
        Memory = Memory.With(container, change(Memory.Of(container)));
}

/// <summary>What came of a step.</summary>
internal enum StepOutcome
{
    Done,

    /// <summary>The rest of this container's steps cannot follow now; other containers go on.</summary>
    ContainerWaits,

    /// <summary>Nothing more can be done for the pod now.</summary>
    PodWaits,
}
