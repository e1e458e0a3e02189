using Edge.Proto.Model;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>Sums the weights of the preferred node affinity terms that match.</summary>
internal static class PreferredTerms
{
    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        for (var at = 0; at < candidates.Count; at++)
        {
            long sum = 0;
            foreach (var term in pod.Spec.PreferredAffinity)
            {
                sum += NodeMatch.Matches(term.Preference, candidates[at].Name, candidates[at].Labels) ? term.Weight : 0;
            }

            scores[at] = sum;
        }

        Scaling.UpToMax(scores.AsSpan(0, candidates.Count));
    }
}
