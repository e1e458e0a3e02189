namespace Edge.Server.Schedule.Scores;

/// <summary>Prefers nodes that have the pod's images: on a slow link this saves the longest step of a start.</summary>
internal static class ImageLocality
{
    /// <summary>Below this an image is fetched soon enough not to count (kube-scheduler's value, 23 MB).</summary>
    private const long BytesMin = 23L * 1024 * 1024;

    /// <summary>
    /// From this size on, per container, a present image counts fully (kube-scheduler's value, 1000 MB).
    /// </summary>
    private const long BytesMaxPerContainer = 1000L * 1024 * 1024;

    public static long Of(PodDemand pod, NodeView node)
    {
        if (node.Images.Count == 0)
        {
            return 0;
        }

        long present = 0;
        foreach (var image in pod.Images)
        {
            present += node.Images.GetValueOrDefault(image);
        }

        var max = BytesMaxPerContainer * pod.Images.Count;
        return NodeScore.Max * (Math.Clamp(present, BytesMin, max) - BytesMin) / (max - BytesMin);
    }
}
