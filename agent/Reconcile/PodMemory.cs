using System.Collections.Immutable;
using Edge.Agent.Network;
using Edge.Agent.Runtime.Images;

namespace Edge.Agent.Reconcile;

/// <summary>
/// What is known of a pod only as long as the agent lives: losing it costs at most a repeated step. Immutable; the
/// runner returns the next one.
/// </summary>
internal sealed record PodMemory
{
    public static PodMemory Empty { get; } = new();

    /// <summary>The sandbox as made or adopted in this life of the agent.</summary>
    public Sandbox? Sandbox { get; init; }

    /// <summary>What the volumes hold, written or checked in this life of the agent.</summary>
    public string? VolumeDigest { get; init; }

    /// <summary>What keeps the pod as a whole from starting: its sandbox or a volume.</summary>
    public Obstacle? Obstacle { get; init; }

    /// <summary>A step broke in a way nobody foresaw: nothing is done before this time.</summary>
    public Obstacle? Broken { get; init; }

    public ImmutableDictionary<string, ContainerMemory> Containers { get; init; } =
        ImmutableDictionary<string, ContainerMemory>.Empty;

    public ContainerMemory Of(string container) => Containers.GetValueOrDefault(container) ?? ContainerMemory.Empty;

    public PodMemory With(string container, ContainerMemory memory) =>
        this with { Containers = Containers.SetItem(container, memory) };
}

/// <summary>The short memory of one container.</summary>
internal sealed record ContainerMemory
{
    public static ContainerMemory Empty { get; } = new();

    /// <summary>The image reference being fetched in the background, or null.</summary>
    public string? Pulling { get; init; }

    /// <summary>The image that was fetched for the attempt to come, or null.</summary>
    public ImageRecord? Fetched { get; init; }

    /// <summary>The reference that <see cref="Fetched"/> answers.</summary>
    public string? FetchedFor { get; init; }

    public Obstacle? Obstacle { get; init; }

    /// <summary>When the container was first asked to end; null while nobody did.</summary>
    public DateTimeOffset? StoppingSince { get; init; }

    public DateTimeOffset? KilledAt { get; init; }
}

/// <summary>
/// Why something cannot go on, fit for the pod's status, and when it is tried again. An empty reason is not shown: the
/// runtime did not answer, which says nothing about the pod.
/// </summary>
internal sealed record Obstacle(string Reason, string Message, DateTimeOffset RetryAt, int Level = 0)
{
    /// <summary>
    /// Whether it is too early to try again. A clock that was set back never prolongs a wait beyond the longest one.
    /// </summary>
    public bool Holds(DateTimeOffset now) => RetryAt > now && RetryAt - now <= RestartBackoff.Longest;
}
