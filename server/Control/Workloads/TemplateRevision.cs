using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>A pod template that was rolled out once, as a ControllerRevision keeps it (apps/v1).</summary>
internal sealed class TemplateRevision(ControllerRevision stored, ulong hash)
{
    /// <summary>The label by which a pod says which revision it is of (apps/v1).</summary>
    public const string Label = "controller-revision-hash";

    public ObjectMeta Metadata => stored.Metadata;

    public string Name => stored.Metadata.Name ?? "";

    /// <summary>Counts up with each rollout; what <c>kubectl rollout history</c> shows.</summary>
    public long Number => stored.Revision;

    /// <summary>Equal for templates that mean the same.</summary>
    public ulong Hash => hash;

    /// <summary>Read when it is asked for: only old revisions that still get pods are.</summary>
    public PodTemplateSpec Template => field ??= Read(stored);

    /// <summary>The template of a revision; an empty one where its data has none.</summary>
    public static PodTemplateSpec Read(ControllerRevision revision) =>
        revision.Data is { ValueKind: JsonValueKind.Object } data
            && data.TryGetProperty("spec", out var spec) && spec.ValueKind == JsonValueKind.Object
            && spec.TryGetProperty("template", out var template)
            ? template.Deserialize(WorkloadJson.Default.PodTemplateSpec) ?? new PodTemplateSpec()
            : new PodTemplateSpec();
}
