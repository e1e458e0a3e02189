namespace Edge.Agent.Reconcile.Volumes;

/// <summary>
/// A directory below a volume. A container may have put links there, so no link on the way is followed.
/// </summary>
internal static class SubPaths
{
    public static string Ensure(string root, string sub, string volume)
    {
        var path = root;
        foreach (var part in sub.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part is "." or "..")
            {
                throw new VolumeException($"subPath \"{sub}\" of volume \"{volume}\" must not leave it");
            }

            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new VolumeException($"subPath \"{sub}\" of volume \"{volume}\" leads through a link");
            }

            if (!File.Exists(path))
            {
                Directory.CreateDirectory(path);
            }
        }

        return path;
    }
}
