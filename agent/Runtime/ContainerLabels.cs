namespace Edge.Agent.Runtime;

/// <summary>Labels on containerd's containers: all that a restarted agent needs to know them again.</summary>
internal static class ContainerLabels
{
    public const string PodUid = "edge/pod-uid";
    public const string PodName = "edge/pod-name";
    public const string PodNamespace = "edge/pod-namespace";
    public const string ContainerName = "edge/container-name";
    public const string Attempt = "edge/attempt";
    public const string SpecHash = "edge/spec-hash";

    /// <summary>As the image spells it; absent where it says nothing.</summary>
    public const string StopSignal = "edge/stop-signal";

    /// <summary>
    /// Whether it has a standard input: <see cref="Open"/>, or <see cref="Once"/> when that ends with the first who is
    /// at it.
    /// </summary>
    public const string Input = "edge/stdin";

    /// <summary>The ids of the devices that it was given, with commas between; absent for none.</summary>
    public const string Devices = "edge/devices";

    /// <summary>There when its streams are a terminal.</summary>
    public const string Terminal = "edge/tty";

    public const string Open = "open";
    public const string Once = "once";
}
