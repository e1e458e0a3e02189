namespace Edge.Server.Fleet;

/// <summary>
/// What a node may say of itself. Everything else is dropped: a stolen device must not attract pods by labels or write
/// about others.
/// </summary>
internal static class ReportScope
{
    private static readonly string[] Labels =
        ["kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "node.kubernetes.io/instance-type"];

    private static readonly string[] LabelPrefixes = ["topology.kubernetes.io/", "edge/"];

    public static bool AllowsLabel(string key) =>
        Labels.Contains(key)
        || LabelPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));
}
