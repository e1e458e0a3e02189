using Edge.Proto.Model;

namespace Edge.Server.Schedule.Filters;

/// <summary>The rejection for each taint of the nodes, made when a node first has it. Not thread-safe.</summary>
internal sealed class TaintRejections
{
    /// <summary>
    /// Far more than people give their nodes; beyond it all are let go, and made again as nodes tell.
    /// </summary>
    private const int Max = 1024;

    private readonly Dictionary<(string Key, string Value), Rejection> _known = [];

    /// <summary>One for each taint, in their order.</summary>
    public Rejection[] Of(IReadOnlyList<Taint> taints) => taints.Count == 0 ? [] : [.. taints.Select(Of)];

    private Rejection Of(Taint taint)
    {
        var words = (taint.Key ?? "", taint.Value ?? "");
        if (_known.TryGetValue(words, out var rejection))
        {
            return rejection;
        }

        if (_known.Count >= Max)
        {
            _known.Clear();
        }

        return _known[words] =
            Rejection.Final($"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}");
    }
}
