namespace Edge.Server.Schedule;

/// <summary>
/// Counts the reasons of one placement and words them as kube-scheduler does, so that people find them.
/// </summary>
internal sealed class Rejections
{
    public const string NoNodes = "no nodes available to schedule pods";

    private readonly Dictionary<Rejection, int> _byInstance = new(ReferenceEqualityComparer.Instance);
    private int _nodes;

    /// <summary>Every filter that rejected a node.</summary>
    public RejectedBy By { get; private set; }

    public void Clear()
    {
        _byInstance.Clear();
        (_nodes, By) = (0, RejectedBy.None);
    }

    public void Add(Rejection rejection, RejectedBy by) => Add(rejection, by, 1);

    /// <summary>One rejection for all nodes that were not looked at.</summary>
    public void AddRest(Rejection rejection, RejectedBy by, int nodes)
    {
        if (nodes > _nodes)
        {
            Add(rejection, by, nodes - _nodes);
        }
    }

    public string Message(int nodes) => $"0/{nodes} nodes are available: {Histogram()}.";

    private void Add(Rejection rejection, RejectedBy by, int nodes)
    {
        _byInstance[rejection] = _byInstance.GetValueOrDefault(rejection) + nodes;
        _nodes += nodes;
        By |= by;
    }

    /// <summary>Sorted as text, the count included.</summary>
    private string Histogram()
    {
        var counts = new Dictionary<string, int>();
        foreach (var (rejection, nodes) in _byInstance)
        {
            foreach (var reason in rejection.Reasons)
            {
                counts[reason] = counts.GetValueOrDefault(reason) + nodes;
            }
        }

        return string.Join(", ", counts.Select(reason => $"{reason.Value} {reason.Key}").Order(StringComparer.Ordinal));
    }
}
