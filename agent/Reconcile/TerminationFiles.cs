using System.Text;

namespace Edge.Agent.Reconcile;

/// <summary>
/// The files behind <c>terminationMessagePath</c>, one for each attempt. A container may do with its own what it likes.
/// </summary>
internal static class TerminationFiles
{
    /// <summary>Kubernetes' limit for a termination message.</summary>
    private const int BytesMax = 4096;

    public static string PathOf(string podDir, string container, int attempt) =>
        Path.Combine(podDir, "termination", $"{container}-{attempt}");

    /// <summary>Keeps those of this attempt and the one before, as with logs, so that they stay bounded.</summary>
    public static void ForgetOld(string podDir, string container, int attempt)
    {
        var directory = Path.GetDirectoryName(PathOf(podDir, container, attempt))!;
        foreach (var file in Directory.Exists(directory) ? Directory.GetFiles(directory, $"{container}-*") : [])
        {
            var number = Path.GetFileName(file)[(container.Length + 1)..];
            if (int.TryParse(number, out var old) && old < attempt - 1)
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>Null when the container left nothing, or when its file goes while it is read.</summary>
    public static string? Read(string podDir, string container, int attempt)
    {
        try
        {
            using var file = File.OpenRead(PathOf(podDir, container, attempt));
            var bytes = new byte[BytesMax];
            var got = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return got == 0 ? null : Encoding.UTF8.GetString(bytes, 0, got);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
