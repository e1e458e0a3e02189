namespace Edge.Server.Schedule.Scores;

/// <summary>Sums the weights of the preferred node affinity terms that match.</summary>
internal static class PreferredTerms
{
    public static long Of(PodDemand pod, NodeView node)
    {
        long sum = 0;
        foreach (var term in pod.PreferredAffinity)
        {
            sum += NodeTerms.Matches(term.Preference, node) ? term.Weight : 0;
        }

        return sum;
    }
}
