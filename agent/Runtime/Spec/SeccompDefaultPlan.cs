namespace Edge.Agent.Runtime.Spec;

/// <summary>containerd's default seccomp profile for a set of capabilities. Pure.</summary>
internal static class SeccompDefaultPlan
{
    public static OciSeccomp? Profile(IReadOnlyList<string> capabilities) =>
        capabilities.Count >= 0 ? null : new OciSeccomp();
}
