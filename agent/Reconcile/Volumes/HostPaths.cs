using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Volumes;

/// <summary>Checks, or makes, a path of the node as its <c>type</c> asks, with the kubelet's words.</summary>
internal static class HostPaths
{
    public static void Check(string volume, HostPathVolumeSource source)
    {
        var path = source.Path;
        switch (source.Type)
        {
            case null or "":
                return;
            case "DirectoryOrCreate":
                Directory.CreateDirectory(path);
                return;
            case "FileOrCreate" when !File.Exists(path):
                File.WriteAllBytes(path, []);
                return;
            case "Directory" when Directory.Exists(path):
            case "FileOrCreate":
            case "File" or "Socket" or "CharDevice" or "BlockDevice" when File.Exists(path):
                return;
            default:
                var kind = source.Type switch
                {
                    "Directory" => "a directory",
                    "File" => "a file",
                    "Socket" => "a socket file",
                    "CharDevice" => "a character device",
                    "BlockDevice" => "a block device",
                    _ => $"of type {source.Type}",
                };
                throw new VolumeException(
                    $"MountVolume.SetUp failed for volume \"{volume}\" : "
                    + $"hostPath type check failed: {path} is not {kind}");
        }
    }
}
