namespace Edge.Agent.Runtime;

/// <summary>Why containerd, or the kernel below it, did not do what it was asked.</summary>
internal enum RuntimeReason
{
    /// <summary>The object is not there; for a removal this is success.</summary>
    NotFound,

    /// <summary>The object is there already; for a creation this is success.</summary>
    AlreadyExists,

    /// <summary>The object is in a state that forbids the call, such as deleting a running task.</summary>
    FailedPrecondition,

    /// <summary>An argument is malformed; repeating the call cannot help.</summary>
    InvalidArgument,

    /// <summary>The daemon does not answer (it restarts, or it is not there); the loop above tries again.</summary>
    Unavailable,

    /// <summary>The deadline passed; the call may have had its effect.</summary>
    Timeout,

    /// <summary>runc, a shim or the daemon failed with free text only.</summary>
    Failed,

    /// <summary>The pod asks for something that this node refuses, such as root under runAsNonRoot.</summary>
    Refused,
}

/// <summary>The one exception of this folder; the message is what Kubernetes would show.</summary>
internal sealed class RuntimeException(RuntimeReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public RuntimeReason Reason { get; } = reason;
}
