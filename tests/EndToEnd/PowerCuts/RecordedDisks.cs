using System.Security.Cryptography;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>Whether a recording is one.</summary>
internal static class RecordedDisks
{
    /// <summary>
    /// Rebuilt with all that was recorded the disk is what really lies there, byte for byte: nothing was missed.
    /// </summary>
    public static void AssertComplete(RecordedDisk disk, string root, Func<string, bool> matters)
    {
        var scratch = PowerCutTests.Scratch();
        try
        {
            new PowerCut(disk).Write(disk.Ends[^1], Unflushed.Kept, new Random(0), scratch.FullName);
            var (real, rebuilt) = (Contents(root, matters), Contents(scratch.FullName, matters));
            Assert.Empty(real.Except(rebuilt));
            Assert.Empty(rebuilt.Except(real));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static SortedDictionary<string, string> Contents(string root, Func<string, bool> matters) => new(
        Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path)).Where(matters)
            .ToDictionary(path => path, path => Content(Path.Combine(root, path))), StringComparer.Ordinal);

    private static string Content(string path) => File.Exists(path)
        ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))
        : "directory";
}
