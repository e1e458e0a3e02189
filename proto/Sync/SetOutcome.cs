namespace Edge.Proto.Sync;

/// <summary>Whether a change of a map was taken. A change that is refused changes nothing.</summary>
public enum SetOutcome
{
    /// <summary>Taken, and it makes a new version.</summary>
    Changed,

    /// <summary>The map already says so.</summary>
    Same,

    /// <summary>The map would grow beyond <see cref="MapLimits.MapBytesMax"/>.</summary>
    TooLarge,
}
