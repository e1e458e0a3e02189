namespace Edge.Agent.Reconcile.Volumes;

/// <summary>
/// A directory below a volume. A container may have put links there, so no link on the way is followed.
/// </summary>
internal static class SubPaths
{
    /// <summary>Checked once more than the API does: an expression is only now what it stands for.</summary>
    /// <exception cref="VolumeException">The path leads out of its volume; the message is the kubelet's.</exception>
    public static void Check(string sub)
    {
        if (sub.StartsWith('/'))
        {
            throw new VolumeException($"error SubPath `{sub}` must not be an absolute path");
        }

        if (Array.IndexOf(sub.Split('/'), "..") >= 0)
        {
            throw new VolumeException($"unable to provision SubPath `{sub}`: must not contain '..'");
        }
    }

    public static string Ensure(string root, string sub, string volume)
    {
        Check(sub);
        var path = root;
        foreach (var part in sub.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".")
            {
                continue;
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
