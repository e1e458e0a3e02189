using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Runtime.Spec;

/// <summary>
/// Reads a file of an image out of its layers. Links of the image are followed inside the layer only: an image that
/// links its passwd to the host's must read nothing.
/// </summary>
internal static class SnapshotFile
{
    /// <summary>passwd and group of an image; more than this is no such file.</summary>
    private const int BytesMax = 4 * 1024 * 1024;

    /// <summary>The topmost layer that has the path decides; a file deleted there reads as empty.</summary>
    public static string Read(IReadOnlyList<string> layers, string path)
    {
        foreach (var layer in layers)
        {
            using var file = Libc.OpenInRoot(layer, path);
            if (file is null)
            {
                continue;
            }

            return ReadAll(file);
        }

        return "";
    }

    private static string ReadAll(SafeFileHandle file)
    {
        // overlayfs marks a deletion by a device node, whose length is zero.
        var length = RandomAccess.GetLength(file);
        if (length > BytesMax)
        {
            throw new RuntimeException(RuntimeReason.Refused, $"a passwd or group file of {length} bytes");
        }

        var buffer = new byte[length];
        var read = RandomAccess.Read(file, buffer, 0);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
