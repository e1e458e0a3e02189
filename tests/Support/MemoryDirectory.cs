namespace Edge.Tests.Support;

/// <summary>
/// A temporary directory in memory where the system has one: what a simulation writes is synchronized thousands of
/// times, and no simulated crash needs a real disk for it.
/// </summary>
public static class MemoryDirectory
{
    private const string Shared = "/dev/shm";

    /// <summary>The caller removes it.</summary>
    public static string Create(string prefix)
    {
        if (!Directory.Exists(Shared))
        {
            return Directory.CreateTempSubdirectory(prefix).FullName;
        }

        return Directory.CreateDirectory(Path.Combine(Shared, $"{prefix}{Guid.NewGuid():N}")).FullName;
    }
}
