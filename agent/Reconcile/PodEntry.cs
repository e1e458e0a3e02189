using System.Collections.Immutable;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Volumes;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>One pod as the loop holds it between rounds. Touched by the loop only.</summary>
internal sealed class PodEntry(string uid)
{
    private byte[]? _podBytes;
    private ImmutableDictionary<string, byte[]>? _digestOf;

    public string Uid => uid;

    public Pod? Pod { get; private set; }

    public string? Refused { get; private set; }

    public PodMemory Memory { get; set; } = PodMemory.Empty;

    /// <summary>
    /// What its volumes should hold, for the desired entries last seen; null when something is missing.
    /// </summary>
    public string? VolumeDigest { get; private set; } = "";

    public DateTimeOffset? WakeAt { get; set; }

    public bool Dirty { get; set; } = true;

    /// <summary>
    /// Takes the pod from a snapshot of desired; what held it up before does not count for a changed pod.
    /// </summary>
    public void Take(ImmutableDictionary<string, byte[]> desired, NodeFacts node)
    {
        if (ReferenceEquals(desired, _digestOf))
        {
            return;
        }

        var bytes = desired.GetValueOrDefault($"pods/{uid}");
        if (bytes is null || _podBytes is null || !bytes.AsSpan().SequenceEqual(_podBytes))
        {
            (Pod, Refused) = bytes is null ? (null, null) : PodSupport.Read(bytes);
            _podBytes = bytes;
            Dirty = true;
            ForgetObstacles(_ => true);
        }

        _digestOf = desired;
        if (Pod is not { } pod)
        {
            return;
        }

        var before = VolumeDigest;
        VolumeDigest = DigestNow(pod, desired, node);
        Dirty |= before != VolumeDigest;
        ForgetObstacles(obstacle => obstacle.Reason is "CreateContainerConfigError" or "FailedMount");
    }

    private static string? DigestNow(Pod pod, ImmutableDictionary<string, byte[]> desired, NodeFacts node)
    {
        try
        {
            return VolumePlan.For(pod, new ObjectSource(desired), node).Digest();
        }
        catch (MissingReferenceException)
        {
            return null;
        }
    }

    private void ForgetObstacles(Func<Obstacle, bool> which)
    {
        if (Memory.Obstacle is { } obstacle && which(obstacle))
        {
            Memory = Memory with { Obstacle = null };
            Dirty = true;
        }

        foreach (var (name, memory) in Memory.Containers)
        {
            if (memory.Obstacle is { } hindrance && which(hindrance))
            {
                // Still shown until the next try says otherwise, but that try comes now.
                Memory = Memory.With(
                    name, memory with { Obstacle = hindrance with { RetryAt = DateTimeOffset.MinValue, Level = 0 } });
                Dirty = true;
            }
        }
    }
}
