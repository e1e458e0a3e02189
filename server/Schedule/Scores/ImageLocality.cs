using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>
/// Prefers nodes that have the pod's images: on a slow link this saves the longest step of a start. An image counts by
/// the part of all nodes that have it, so that the one node with a rare image does not draw all its pods.
/// </summary>
internal static class ImageLocality
{
    /// <summary>Below this an image is fetched soon enough not to count (kube-scheduler's value, 23 MB).</summary>
    private const long BytesMin = 23L * 1024 * 1024;

    /// <summary>
    /// From this size on, per container, a present image counts fully (kube-scheduler's value, 1000 MB).
    /// </summary>
    private const long BytesMaxPerContainer = 1000L * 1024 * 1024;

    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        var max = BytesMaxPerContainer * pod.Spec.Images.Count;
        for (var at = 0; at < candidates.Count; at++)
        {
            var images = candidates[at].Images;
            long present = 0;
            if (images.Count > 0)
            {
                for (var image = 0; image < pod.Spec.Images.Count; image++)
                {
                    present += (long)(images.GetValueOrDefault(pod.Spec.Images[image]) * pod.ImageSpread[image]);
                }
            }

            scores[at] = NodeScore.Max * (Math.Clamp(present, BytesMin, max) - BytesMin) / (max - BytesMin);
        }
    }
}
