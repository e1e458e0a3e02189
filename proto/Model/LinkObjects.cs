namespace Edge.Proto.Model;

/// <summary>What an agent reports of one pod (reported key <c>pods/&lt;uid&gt;</c>).</summary>
public sealed record PodReport
{
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public PodStatus Status { get => field ??= new(); init; }

    /// <summary>
    /// True when the pod was to go and nothing of it is left on the node; the server then drops the object.
    /// </summary>
    public bool Removed { get; init; }
}

/// <summary>
/// What an agent reports of its node (reported key <c>node</c>); the server decides which labels it accepts.
/// </summary>
public sealed record NodeReport
{
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public NodeStatus Status { get => field ??= new(); init; }
}

/// <summary>What the server decides for a node as a whole (desired key <c>node</c>).</summary>
public sealed record NodeSettings
{
    /// <summary>Of <see cref="GpuSharing"/>, characters; such documents have some hundred.</summary>
    public const int GpuSharingMax = 16 * 1024;

    /// <summary>The node's share of the pod network, such as <c>10.64.3.0/24</c>.</summary>
    public string? PodCIDR { get; init; }
    public string ClusterDomain { get => field ?? "cluster.local"; init; }

    /// <summary>
    /// The keep-alive that the server is known to count a silence with (<see cref="Fencing"/>), because it is on its
    /// disk; null for the default.
    /// </summary>
    public int? KeepAliveSeconds { get; init; }

    /// <summary>
    /// The node is to make a new key as soon as it can. Only what the server says in the present session counts: the
    /// wish goes with the new key's certificate, and a ledger may remember an older one.
    /// </summary>
    public bool? RenewKey { get; init; }

    /// <summary>
    /// Uids of pods with a lease of which nothing may begin here: after a restore their successors may run elsewhere.
    /// What runs goes on.
    /// </summary>
    public IReadOnlyList<string>? HeldBack { get; init; }

    /// <summary>
    /// The device plugin's configuration document for a node with GPUs; <see cref="GpuSharingFault"/> says why there is
    /// none where one is meant.
    /// </summary>
    public string? GpuSharing { get; init; }

    /// <summary>Where it stands, for people; null where the server has none for the node.</summary>
    public string? GpuSharingFrom { get; init; }
    public string? GpuSharingFault { get; init; }

    /// <summary>The Node object's own labels and annotations, for the downward API.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>What the server asks of a node's logs; the payload of a stream of kind <see cref="StreamKind"/>.</summary>
public sealed record LogStreamRequest
{
    /// <summary>
    /// The stream carries log bytes as <c>kubectl logs</c> prints them; its error is shown to the user.
    /// </summary>
    public const string StreamKind = "logs";

    public string PodUid { get => field ?? ""; init; }
    public string PodNamespace { get => field ?? ""; init; }
    public string PodName { get => field ?? ""; init; }
    public string Container { get => field ?? ""; init; }
    public bool Follow { get; init; }
    public bool Previous { get; init; }
    public bool Timestamps { get; init; }
    public long? TailLines { get; init; }
    public long? LimitBytes { get; init; }

    /// <summary>Of agents that do not know <see cref="SinceSeconds"/> also what the server makes of that.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>
    /// Counts back by the node's clock, which also dated the lines: a device may be years off. It wins.
    /// </summary>
    public long? SinceSeconds { get; init; }
}

/// <summary>What the server asks of a pod for somebody who wants to be in it; the payload of such a stream.</summary>
public sealed record PodStreamRequest
{
    /// <summary>
    /// Runs <see cref="Command"/>. Down goes its input, up its outputs on channels 0 and 1; the good end says its exit
    /// code.
    /// </summary>
    public const string ExecKind = "exec";

    /// <summary>As <see cref="ExecKind"/>, with the container's own process, until it ends.</summary>
    public const string AttachKind = "attach";

    /// <summary>The bytes of one connection to <see cref="Port"/>, both ways.</summary>
    public const string PortKind = "port";

    public string PodUid { get => field ?? ""; init; }
    public string PodNamespace { get => field ?? ""; init; }
    public string PodName { get => field ?? ""; init; }
    public string Container { get => field ?? ""; init; }
    public IReadOnlyList<string> Command { get => field ?? []; init; }
    public bool Stdin { get; init; }
    public bool Stdout { get; init; }
    public bool Stderr { get; init; }
    public bool Tty { get; init; }

    /// <summary>1 to 65535.</summary>
    public int Port { get; init; }
}
