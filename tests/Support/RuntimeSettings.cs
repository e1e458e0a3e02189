namespace Edge.Tests.Support;

/// <summary>
/// With which environment the published binaries run, in production (packaging/dev) and in tests alike: what is
/// measured is what is shipped.
/// </summary>
public static class RuntimeSettings
{
    /// <summary><c>name=value</c>; the budget is hexadecimal bytes.</summary>
    public static readonly IReadOnlyList<string> Agent = ["DOTNET_GCGen0MaxBudget=80000", "MALLOC_ARENA_MAX=1"];

    /// <summary>
    /// Collecting costs a busy server a quarter of its time with an agent's budget, and 4 % with a quarter of this one.
    /// </summary>
    public static readonly IReadOnlyList<string> Server = ["DOTNET_GCGen0MaxBudget=1000000", "MALLOC_ARENA_MAX=1"];
}
