using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>
/// When anything was last heard of a node, by the server's clock. Of one that said nothing since the server began only
/// a bound is known (<c>IsExact</c> is false): what was heard before is nowhere written.
/// </summary>
internal readonly record struct LastContact(DateTimeOffset At, bool IsExact)
{
    /// <summary>To be put behind "last contact".</summary>
    public string Text => $"{(IsExact ? "at" : "before")} {TimeJson.Text(At)}";
}
