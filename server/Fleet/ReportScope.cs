using System.Text.Json.Nodes;
using Edge.Server.Schema.Rules;
using Edge.Server.Store;

namespace Edge.Server.Fleet;

/// <summary>
/// What a node may say of itself. Everything else is dropped: a stolen device must not attract pods by labels or write
/// about others.
/// </summary>
internal static class ReportScope
{
    /// <summary>Of a Node, as the kubelet's default.</summary>
    public const int ImagesMax = 50;

    /// <summary>A reported text in a log or an Event, characters; upstream's limit of an Event's reason.</summary>
    private const int TextMax = 128;

    private static readonly string[] Labels =
        ["kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "node.kubernetes.io/instance-type"];

    private static readonly string[] LabelPrefixes = ["topology.kubernetes.io/", "edge/"];

    public static bool AllowsLabel(string key) =>
        Labels.Contains(key)
        || LabelPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>
    /// What is wrong with a label; none when it is good. One that the API would refuse would stand in the way of every
    /// later change of the object.
    /// </summary>
    public static IEnumerable<string> LabelFaults(string key, JsonNode? value) =>
        Names.Qualified(key).Concat(value is JsonValue text && text.TryGetValue(out string? written)
            ? Names.LabelValue(written)
            : ["it is no text"]);

    public static bool Fits(JsonObject stored) => ObjectBytes.Write(stored).Length <= ObjectBytes.BytesMax;

    /// <summary>At most so much of a text that only people read; never half a character.</summary>
    public static string Cut(string? text) =>
        text is null ? ""
        : text.Length <= TextMax ? text
        : text[..(char.IsHighSurrogate(text[TextMax - 1]) ? TextMax - 1 : TextMax)];
}
