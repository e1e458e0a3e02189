using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>
/// Sums, for the node's domains, the weights of preferred pod affinity and anti-affinity: the pod's own terms by the
/// pods they mean, and placed pods' terms that mean the pod.
/// </summary>
internal static class PreferredPods
{
    public static bool Applies(PreparedPod pod) => pod.Preferred.Length > 0 || pod.Attracting.Length > 0;

    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        for (var at = 0; at < candidates.Count; at++)
        {
            var slot = candidates[at].Slot;
            long sum = 0;
            foreach (var (counter, weight) in pod.Preferred)
            {
                sum += (long)weight * counter.At(slot);
            }

            foreach (var term in pod.Attracting)
            {
                sum += (long)term.Weight * term.At(slot);
            }

            scores[at] = sum;
        }

        Scaling.BetweenMinAndMax(scores.AsSpan(0, candidates.Count));
    }
}
