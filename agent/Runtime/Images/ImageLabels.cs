namespace Edge.Agent.Runtime.Images;

/// <summary>The labels by which containerd's garbage collection follows an image to its parts.</summary>
internal static class ImageLabels
{
    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    private const string Content = "containerd.io/gc.ref.content";

    public static IReadOnlyDictionary<string, string> OfConfig(string snapshotter, string chainId) =>
        chainId.Length == 0
            ? None
            : new Dictionary<string, string> { [$"containerd.io/gc.ref.snapshot.{snapshotter}"] = chainId };

    public static IReadOnlyDictionary<string, string> OfManifest(
        OciDescriptor config, IReadOnlyList<OciDescriptor> layers)
    {
        var labels = new Dictionary<string, string> { [$"{Content}.config"] = config.Digest };
        for (var i = 0; i < layers.Count; i++)
        {
            labels[$"{Content}.l.{i}"] = layers[i].Digest;
        }

        return labels;
    }

    /// <summary>Only the manifest of this platform is fetched.</summary>
    public static IReadOnlyDictionary<string, string> OfIndex(string manifest) =>
        new Dictionary<string, string> { [$"{Content}.m.0"] = manifest };
}
