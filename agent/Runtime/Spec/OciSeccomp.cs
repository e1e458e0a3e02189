namespace Edge.Agent.Runtime.Spec;

/// <summary>A filter of system calls: the default action and groups that differ from it.</summary>
internal sealed record OciSeccomp
{
    public string DefaultAction { get; init; } = "SCMP_ACT_ERRNO";

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public IReadOnlyList<OciSyscalls> Syscalls { get; init; } = [];
}

/// <summary>System calls that share an action and conditions.</summary>
internal sealed record OciSyscalls
{
    public required IReadOnlyList<string> Names { get; init; }

    public required string Action { get; init; }

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<OciSyscallArg>? Args { get; init; }
}

/// <summary>A condition on one argument.</summary>
internal sealed record OciSyscallArg(uint Index, ulong Value, ulong ValueTwo, string Op);
