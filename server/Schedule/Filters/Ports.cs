namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes where another pod holds a host port that this one claims.</summary>
internal static class Ports
{
    private static readonly string[] Rejected = ["node(s) didn't have free ports for the requested pod ports"];

    public static IReadOnlyList<string> Reasons(PodDemand pod, NodeView node)
    {
        foreach (var wanted in pod.HostPorts)
        {
            foreach (var taken in node.HostPorts)
            {
                if (wanted.Excludes(taken))
                {
                    return Rejected;
                }
            }
        }

        return [];
    }
}
