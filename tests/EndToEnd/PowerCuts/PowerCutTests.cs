namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// Alone, because they take the whole machine. <c>EDGE_POWER_CUTS</c> says how many disks, <c>EDGE_SEED</c> repeats the
/// choice of cuts (not the recording, which is of real processes).
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class PowerCutTests
{
    public const string Name = "power cuts";

    /// <summary>What fits into a minute.</summary>
    private const int DisksByDefault = 4000;

    public static int Disks { get; } = Number("EDGE_POWER_CUTS", DisksByDefault);

    public static int Seed { get; } = Number("EDGE_SEED", Environment.TickCount & 0xFFFF);

    /// <summary>
    /// A directory in memory: what is written there was cut already, and flushing it would take time.
    /// </summary>
    public static DirectoryInfo Scratch() => Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/edge-power-cuts-{Guid.NewGuid()}")
        : Directory.CreateTempSubdirectory("edge-power-cuts-");

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text) : otherwise;
}
