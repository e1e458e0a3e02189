using System.Globalization;

namespace Edge.Tests.Bench;

/// <summary>Which side of the budget is good.</summary>
internal enum Bound
{
    Max,
    Min,
}

/// <summary>One measured figure beside its budget and, where a peer exists, the peer's value.</summary>
internal sealed record Figure(string Name, double Value, string Unit, Bound Bound, double Budget, double? Peer = null)
{
    public bool Holds => Bound switch
    {
        Bound.Max => Value <= Budget,
        Bound.Min => Value >= Budget,
    };

    /// <summary>Tab-separated: name, value, unit, max or min, budget, peer's value, ratio to the peer.</summary>
    public string Line => string.Join('\t',
        Name,
        Number(Value),
        Unit,
        Bound switch { Bound.Max => "max", Bound.Min => "min" },
        Number(Budget),
        Peer is { } peer ? Number(peer) : "-",
        Peer is { } other and not 0 ? Number(Value / other) : "-");

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
