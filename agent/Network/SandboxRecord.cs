using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Agent.Network;

/// <summary>
/// What is remembered of one sandbox beside its pins. It is written before the first step with <see cref="Ready"/>
/// false and after the last one with true; so a sandbox that a crash left half made is known as such.
/// </summary>
internal sealed record SandboxRecord
{
    public required SandboxRequest Request { get; init; }

    public bool Ready { get; init; }

    public string? PodIp { get; init; }

    /// <summary>The node's end of the pod's cable.</summary>
    public string? HostInterface { get; init; }

    /// <summary>The plugin's answer to ADD, which CHECK and DEL hand back to it.</summary>
    public JsonElement? CniResult { get; init; }

    public bool OwnNetwork => !Request.HostNetwork;
}

/// <summary>JSON of what the folder writes and reads.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SandboxRecord))]
[JsonSerializable(typeof(CniConfig))]
[JsonSerializable(typeof(CniResult))]
[JsonSerializable(typeof(CniError))]
internal sealed partial class NetworkJson : JsonSerializerContext;
