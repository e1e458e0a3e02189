namespace Edge.Proto.Sync;

/// <summary>
/// How widely nodes are to spread what they would else do at once: come back to a broker that was lost, and say hello
/// to a server that began anew. A few nodes need none.
/// </summary>
public readonly record struct Spread(TimeSpan Reconnect, TimeSpan Hello)
{
    /// <summary>
    /// New connections that a broker gets in a second at most: mutual TLS costs it milliseconds of a small core each,
    /// and it serves those that are there already on the same one.
    /// </summary>
    public const int ReconnectsPerSecond = 200;

    /// <summary>Hellos that a new server gets in a second at most: each brings all that its node reports.</summary>
    public const int HellosPerSecond = 500;

    /// <summary>Chance makes seconds that are fuller than the mean: the mean is this share of the most.</summary>
    private const double Mean = 0.75;

    /// <summary>Of less than a second nobody has anything.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest back-off: a node that waits for longer would take a server's nonsense for an order.
    /// </summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(300);

    public static Spread Of(int nodes) =>
        new(Over(nodes, ReconnectsPerSecond), Over(nodes, HellosPerSecond));

    /// <summary>What another side said, within bounds.</summary>
    public static TimeSpan Bounded(uint milliseconds) => Times.Least(TimeSpan.FromMilliseconds(milliseconds), Most);

    private static TimeSpan Over(int nodes, int perSecond)
    {
        var spread = Times.Least(TimeSpan.FromSeconds(nodes / (perSecond * Mean)), Most);
        return spread < Least ? TimeSpan.Zero : spread;
    }
}
