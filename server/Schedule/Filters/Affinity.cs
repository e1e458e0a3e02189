namespace Edge.Server.Schedule.Filters;

/// <summary>Holds a pod to its nodeSelector and its required node affinity.</summary>
internal static class Affinity
{
    private static readonly string[] Rejected = ["node(s) didn't match Pod's node affinity/selector"];

    public static IReadOnlyList<string> Reasons(PodDemand pod, NodeView node)
    {
        foreach (var (key, value) in pod.NodeSelector)
        {
            if (node.Labels.GetValueOrDefault(key) != value)
            {
                return Rejected;
            }
        }

        return pod.RequiredAffinity is { } required && !NodeTerms.Matches(required, node) ? Rejected : [];
    }
}
