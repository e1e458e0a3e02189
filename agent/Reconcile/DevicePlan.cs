using Edge.Agent.Devices;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// What becomes of a pod whose device is not well. It ends, so that its controller makes another elsewhere, when the
/// device has had the time to come back that the pod bears, and only where somebody makes another: a pod without a
/// controller, one that belongs to this node, and every pod while the server is not there, wait for the device. Pure.
/// </summary>
internal static class DevicePlan
{
    /// <summary>Of the pod that ended, of its condition and its event.</summary>
    public const string Reason = "DeviceUnhealthy";

    /// <summary>
    /// What a pod bears to stay with such a device, for ever or for its seconds: the words that pods have for nodes.
    /// </summary>
    private static readonly Taint s_unhealthy = new() { Key = "edge/device-unhealthy", Effect = "NoExecute" };

    /// <summary>One that is well again is back after three looks in a row, a minute and a half.</summary>
    private static readonly TimeSpan s_brokenMost = TimeSpan.FromMinutes(2);

    /// <summary>A driver that is loaded late is found within ten minutes.</summary>
    private static readonly TimeSpan s_unknownMost = TimeSpan.FromMinutes(15);

    /// <summary>After which time the pod ends, none or less for at once, and why; null when it stays.</summary>
    public static (TimeSpan Left, string Message)? Loss(PodView view)
    {
        if (view.Devices.Count == 0 || !view.HasServer || view.Pod is not { } pod || !IsMadeAgain(pod))
        {
            return null;
        }

        var borne = Borne(pod, out var forEver);
        if (forEver)
        {
            return null;
        }

        (TimeSpan Left, string Message)? loss = null;
        foreach (var device in Unwell(view))
        {
            if (MostOf(device.State, view.IsRunning(device.Container), borne) is { } most
                && most - device.For is var left && !(loss?.Left <= left))
            {
                loss = (left, Text(device));
            }
        }

        return loss;
    }

    /// <summary>
    /// How long the pod may have a device in this state; null for as long as it is so. What runs may not need its
    /// driver's good word, as after an upgrade of the driver. What is to begin cannot, so it need not wait for a device
    /// that is known to be broken.
    /// </summary>
    private static TimeSpan? MostOf(DeviceState state, bool runs, TimeSpan? borne) => state switch
    {
        DeviceState.Broken => borne ?? (runs ? s_brokenMost : TimeSpan.Zero),
        DeviceState.Unknown when !runs => borne > s_unknownMost ? borne : s_unknownMost,
        _ => null,
    };

    /// <summary>
    /// The pod's controller makes another, and not for this node only, as that of a DaemonSet and of a static pod.
    /// </summary>
    private static bool IsMadeAgain(Pod pod)
    {
        foreach (var owner in pod.Metadata.OwnerReferences ?? [])
        {
            if (owner.Controller == true)
            {
                return owner.Kind is not ("DaemonSet" or "Node");
            }
        }

        return false;
    }

    private static TimeSpan? Borne(Pod pod, out bool forEver)
    {
        forEver = false;
        foreach (var toleration in pod.Spec.Tolerations ?? [])
        {
            if (toleration.Tolerates(s_unhealthy))
            {
                forEver = toleration.TolerationSeconds is null;
                // Kubernetes' seconds are 64 bits wide: beyond every calendar. 68 years are as good.
                return TimeSpan.FromSeconds(Math.Clamp(toleration.TolerationSeconds ?? 0, 0, int.MaxValue));
            }
        }

        return null;
    }

    /// <summary>Those that are not well, of containers that have them now or would when they begin.</summary>
    public static List<HeldDevice> Unwell(PodView view)
    {
        var unwell = new List<HeldDevice>();
        foreach (var device in view.Devices)
        {
            if (device is { State: not DeviceState.Well, Why: not null } && Needs(view, device.Container))
            {
                unwell.Add(device);
            }
        }

        return unwell;
    }

    private static bool Needs(PodView view, string name)
    {
        if (view.Pod is not { } pod || PodShape.Find(pod, name) is not { } container)
        {
            return false;
        }

        if (PodShape.IsInit(pod, name) && !PodShape.IsSidecar(container) && StartPlan.Begun(view.Record, pod))
        {
            return false;
        }

        return view.Record.Of(name).Exit is not { } exit || StartPlan.MayRestart(pod, container, exit);
    }

    /// <summary>What is wrong, for the pod's message and its condition.</summary>
    public static string Text(HeldDevice device) =>
        $"device {device.Id} ({device.Resource}) of container {device.Container} is not well: {device.Why}";
}
