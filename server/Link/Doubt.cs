namespace Edge.Server.Link;

/// <summary>
/// Somebody who may be anybody says that a node is gone. The node is asked, twice because one question may be lost or
/// be one too many for it, and is gone only when nothing is heard of it. Pure.
/// </summary>
internal sealed class Doubt
{
    /// <summary>Above the time in which a node answers one question only.</summary>
    public static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(6);

    /// <summary>A node that is there has answered by then, over the slowest of links.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(12);

    private TimeSpan? _since;
    private bool _again;

    public TimeSpan? Due => _since + (_again ? Wait : AskAgain);

    /// <summary>Whether to ask now: not when it was asked already.</summary>
    public bool Begin(TimeSpan now)
    {
        if (_since is not null)
        {
            return false;
        }

        (_since, _again) = (now, false);
        return true;
    }

    /// <summary>The node was heard, or is gone.</summary>
    public void End() => _since = null;

    /// <summary>Whether to ask once more.</summary>
    public bool IsToAsk(TimeSpan now)
    {
        var ask = !_again && now >= _since + AskAgain;
        _again |= ask;
        return ask;
    }

    public bool IsOver(TimeSpan now) => now >= _since + Wait;
}
