namespace Edge.Agent.Runtime;

/// <summary>A hint that something changed; the truth is always <see cref="ContainerdRuntime.Observe"/>.</summary>
internal abstract record RuntimeEvent
{
    private RuntimeEvent()
    {
    }

    public sealed record Started(string ContainerId, int Pid) : RuntimeEvent;

    public sealed record Exited(string ContainerId, int ExitCode, DateTimeOffset At) : RuntimeEvent;

    public sealed record OutOfMemory(string ContainerId) : RuntimeEvent;

    /// <summary>Events may have been lost (containerd or the agent restarted): observe everything again.</summary>
    public sealed record Resync : RuntimeEvent;

    /// <summary>The node holds another set of images than before.</summary>
    public sealed record ImagesChanged : RuntimeEvent;

    /// <summary>containerd does not answer any more; Resync follows when it does again.</summary>
    public sealed record Lost : RuntimeEvent;
}
