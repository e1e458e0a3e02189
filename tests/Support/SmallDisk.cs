using System.Diagnostics;

namespace Edge.Tests.Support;

/// <summary>A real file system of a given size in memory; mounting it needs root, as does a node.</summary>
public sealed class SmallDisk : IDisposable
{
    public SmallDisk(int kibibytes)
    {
        Path = Directory.CreateTempSubdirectory("edge-disk-").FullName;
        Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", Path);
    }

    public static bool Allowed => NodeNetns.Allowed;

    public string Path { get; }

    /// <summary>Somebody made room.</summary>
    public void Resize(int kibibytes) => Run("mount", "-o", $"remount,size={kibibytes}k", Path);

    public void Dispose()
    {
        Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
        }
    }
}
