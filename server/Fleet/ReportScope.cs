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

    /// <summary>
    /// gpu-feature-discovery's, without what the operator or a person writes under the same domain
    /// (<c>nvidia.com/gpu.deploy.…</c>, <c>nvidia.com/device-plugin.config</c>).
    /// </summary>
    private static readonly HashSet<string> GpuLabels =
    [
        .. from name in (string[])
            [
                "cuda.driver.major", "cuda.driver.minor", "cuda.driver.rev", "cuda.runtime.major", "cuda.runtime.minor",
                "cuda.driver-version.major", "cuda.driver-version.minor", "cuda.driver-version.revision",
                "cuda.driver-version.full", "cuda.runtime-version.major", "cuda.runtime-version.minor",
                "cuda.runtime-version.full", "gpu.clique", "gpu.compute.major", "gpu.compute.minor", "gpu.count",
                "gpu.engines.copy", "gpu.engines.decoder", "gpu.engines.encoder", "gpu.engines.jpeg",
                "gpu.engines.ofa", "gpu.family", "gpu.machine", "gpu.memory", "gpu.mode", "gpu.multiprocessors",
                "gpu.product", "gpu.replicas", "gpu.sharing-strategy", "gpu.slices.ci", "gpu.slices.gi", "mig.capable",
                "mig.strategy", "mps.capable", "vgpu.present",
            ]
            select $"nvidia.com/{name}",
    ];

    /// <summary>Of each MIG profile, such as <c>nvidia.com/mig-1g.10gb.count</c>.</summary>
    private const string MigPrefix = "nvidia.com/mig-";

    public static bool AllowsLabel(string key) =>
        Labels.Contains(key) || IsGpuLabel(key)
        || LabelPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>A label that is true only while the node says it: its GPUs may be taken out of the machine.</summary>
    public static bool IsGpuLabel(string key) =>
        GpuLabels.Contains(key) || key.StartsWith(MigPrefix, StringComparison.Ordinal);

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
