namespace Edge.Server.Schedule;

/// <summary>
/// Counts the reasons of one placement and words them as kube-scheduler does, so that people find them.
/// </summary>
internal sealed class Rejections
{
    private readonly Dictionary<string, int> _reasons = [];
    private int _mayFreeUp;
    private int _fixed;

    public void Add(IReadOnlyList<string> reasons, bool mayFreeUp)
    {
        foreach (var reason in reasons)
        {
            _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
        }

        _mayFreeUp += mayFreeUp ? 1 : 0;
        _fixed += mayFreeUp ? 0 : 1;
    }

    /// <summary>Nothing is ever preempted, so the second half says for how many nodes it could have helped.</summary>
    public string Message(int nodes)
    {
        if (nodes == 0)
        {
            return "no nodes available to schedule pods";
        }

        var preemption = new Dictionary<string, int>
        {
            ["No preemption victims found for incoming pod"] = _mayFreeUp,
            ["Preemption is not helpful for scheduling"] = _fixed,
        };
        var available = $"0/{nodes} nodes are available: ";
        return $"{available}{Histogram(_reasons)}. preemption: {available}{Histogram(preemption)}.";
    }

    /// <summary>Sorted as text, the count included.</summary>
    private static string Histogram(Dictionary<string, int> reasons) =>
        string.Join(", ", reasons
            .Where(reason => reason.Value > 0)
            .Select(reason => $"{reason.Value} {reason.Key}")
            .Order(StringComparer.Ordinal));
}
