using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>
/// A pod that a controller makes (core/v1 PodTemplateSpec). The spec stays as it was written, because it is copied into
/// pods and hashed byte for byte; whoever needs its fields reads it as a <see cref="PodSpec"/>.
/// </summary>
public sealed record PodTemplateSpec
{
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public JsonElement? Spec { get; init; }
}
