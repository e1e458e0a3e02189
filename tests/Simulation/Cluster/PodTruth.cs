namespace Edge.Tests.Simulation.Cluster;

/// <summary>What is true of one pod, whatever server and nodes believe.</summary>
internal sealed class PodTruth
{
    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required string Node { get; init; }

    /// <summary>serve, flaky, job or fence; the name begins with it.</summary>
    public string Kind => Name[..Name.IndexOf('-', StringComparison.Ordinal)];

    /// <summary>How long it bears an unreachable node; null for ever.</summary>
    public TimeSpan? Toleration { get; init; }

    public string SpecHash { get; set; } = "";

    /// <summary>World time of the last change of its image.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Somebody asked for its end, or a restored backup does not know it.</summary>
    public bool MayEnd { get; set; }

    /// <summary>Somebody asked for its end, and was told that it is so.</summary>
    public bool EndIsAcknowledged { get; set; }

    /// <summary>The highest generation that somebody was told of.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Its node said that it is over.</summary>
    public bool IsOver { get; set; }

    /// <summary>The highest restart count that the server stored.</summary>
    public int Restarts { get; set; }

    /// <summary>It was on its way out, and a backup brought it back: its node may have forgotten it.</summary>
    public bool IsRevived { get; set; }

    /// <summary>The server stored its end.</summary>
    public bool EndIsStored { get; set; }
}
