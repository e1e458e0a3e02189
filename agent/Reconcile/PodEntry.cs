using System.Collections.Immutable;
using Edge.Agent.Devices;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Volumes;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>One pod as the loop holds it between rounds. Touched by the loop only.</summary>
internal sealed class PodEntry(string uid)
{
    private byte[]? _podBytes;
    private ImmutableDictionary<string, byte[]>? _digestOf;
    private bool _isHeldBack;

    /// <summary>The most that changed since a run began; what the run found in its way may be gone.</summary>
    private DesiredChange _sinceRun;

    private IReadOnlyList<SeenContainer> _seen = [];

    public string Uid => uid;

    public Pod? Pod { get; private set; }

    public string? Refused { get; private set; }

    public PodMemory Memory { get; set; } = PodMemory.Empty;

    /// <summary>
    /// What its volumes should hold, for the desired entries last seen; null when something is missing.
    /// </summary>
    public string? VolumeDigest { get; private set; } = "";

    /// <summary>Those that it was given, as they were seen last.</summary>
    public IReadOnlyList<HeldDevice> Devices { get; private set; } = [];

    public DateTimeOffset? WakeAt { get; set; }

    public bool Dirty { get; set; } = true;

    /// <summary>Where its lease was when it was decided on last.</summary>
    public int LeaseStage { get; set; }

    /// <summary>The desired entry cannot be read: what runs goes on, nothing is begun or ended.</summary>
    public bool LeftAlone { get; private set; }

    /// <summary>
    /// Takes the pod from a snapshot of desired; what held it up before does not count for a changed pod.
    /// </summary>
    public void Take(ImmutableDictionary<string, byte[]> desired, NodeFacts node, bool isHeldBack = false)
    {
        if (ReferenceEquals(desired, _digestOf))
        {
            return;
        }

        var bytes = desired.GetValueOrDefault($"pods/{uid}");
        if (bytes is null || _podBytes is null || !bytes.AsSpan().SequenceEqual(_podBytes))
        {
            (Pod, Refused) = bytes is null ? (null, null) : PodSupport.Read(bytes);
            Dirty = true;
            Changed(DesiredChange.Pod);
        }

        Dirty |= isHeldBack != _isHeldBack;
        (_podBytes, _digestOf, LeftAlone, _isHeldBack) = (bytes, desired, false, isHeldBack);
        if (Pod is not { } pod)
        {
            return;
        }

        var before = VolumeDigest;
        VolumeDigest = DigestNow(pod, desired, node);
        Dirty |= before != VolumeDigest;
        Changed(DesiredChange.Objects);
    }

    /// <summary>Finds by itself that its containers changed: a hint may have been lost.</summary>
    public void Saw(IReadOnlyList<SeenContainer> containers)
    {
        Dirty |= !containers.SequenceEqual(_seen);
        _seen = containers;
    }

    /// <summary>A container that was refused for its device need not wait any more once the device is well.</summary>
    public void SawDevices(IReadOnlyList<HeldDevice> devices)
    {
        if (AreWell(devices) && !AreWell(Devices))
        {
            Changed(DesiredChange.Pod);
        }

        Devices = devices;
    }

    /// <summary>For a snapshot of desired in which the pod, or what it refers to, makes no sense.</summary>
    public void LeaveAlone(ImmutableDictionary<string, byte[]> desired)
    {
        _digestOf = desired;
        LeftAlone = true;
    }

    /// <summary>A plan made before something happened to the pod is not carried out any more.</summary>
    public bool IsOutdated(ImmutableDictionary<string, byte[]> desired) =>
        Dirty || !ReferenceEquals(desired.GetValueOrDefault($"pods/{uid}"), _podBytes);

    public void Began() => _sinceRun = DesiredChange.None;

    /// <summary>Takes what a run remembers; what was missing when it looked may have come since.</summary>
    public void Ended(PodMemory memory)
    {
        Memory = memory;
        Dirty = true;
        ForgetObstacles(_sinceRun);
    }

    /// <summary>Nobody foresaw what happened: the pod is looked at again later.</summary>
    public void Break(Obstacle obstacle)
    {
        Memory = Memory with { Broken = obstacle };
        WakeAt = obstacle.RetryAt;
    }

    private void Changed(DesiredChange change)
    {
        _sinceRun = change > _sinceRun ? change : _sinceRun;
        ForgetObstacles(change);
    }

    private static bool AreWell(IReadOnlyList<HeldDevice> devices)
    {
        foreach (var device in devices)
        {
            if (device.State != DeviceState.Well)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Another pod begins anew; other objects can only have been what was missing.</summary>
    private static bool MayBeGone(Obstacle obstacle, DesiredChange change) => change switch
    {
        DesiredChange.None => false,
        DesiredChange.Objects => obstacle.Reason is "CreateContainerConfigError" or "FailedMount",
        DesiredChange.Pod => true,
    };

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

    private void ForgetObstacles(DesiredChange change)
    {
        if (Memory.Broken is { } broken && MayBeGone(broken, change))
        {
            Memory = Memory with { Broken = broken with { RetryAt = DateTimeOffset.MinValue } };
        }

        if (Memory.Obstacle is { } obstacle && MayBeGone(obstacle, change))
        {
            Memory = Memory with { Obstacle = null };
            Dirty = true;
        }

        foreach (var (name, memory) in Memory.Containers)
        {
            if (memory.Obstacle is { } hindrance && MayBeGone(hindrance, change))
            {
                // Still shown until the next try says otherwise, but that try comes now.
                Memory = Memory.With(
                    name, memory with { Obstacle = hindrance with { RetryAt = DateTimeOffset.MinValue, Level = 0 } });
                Dirty = true;
            }
        }
    }

    /// <summary>In the order of how much it forgives.</summary>
    private enum DesiredChange
    {
        None,
        Objects,
        Pod,
    }
}
