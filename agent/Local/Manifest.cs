using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// One object of a manifest, checked: what there is to know of it before it belongs to a source. The tree is what the
/// person wrote, with the metadata that a person decides and nothing of a status.
/// </summary>
internal sealed record Manifest(string Kind, string Namespace, string Name, JsonObject Tree)
{
    /// <summary>Null for other kinds than Pod.</summary>
    public Pod? Pod { get; init; }

    /// <summary>As kubectl prints what it changed, such as <c>pod/web</c>.</summary>
    public string Shown => $"{Kind.ToLowerInvariant()}/{Name}";

    /// <summary>Where an object that pods refer to stands; a pod stands under its uid.</summary>
    public string Key => $"{Kind.ToLowerInvariant()}s/{Namespace}/{Name}";
}

/// <summary>What a manifest file holds, or everything that is wrong with it; never a part.</summary>
internal sealed record ManifestFile(IReadOnlyList<Manifest> Manifests, IReadOnlyList<string> Errors);
