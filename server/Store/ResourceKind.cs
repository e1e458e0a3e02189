using System.Text.Json.Serialization.Metadata;

namespace Edge.Server.Store;

/// <summary>Names a stored resource whose objects our own code reads as <typeparamref name="T"/>.</summary>
internal sealed record ResourceKind<T>(
    string Group, string Version, string Kind, string Resource, bool Namespaced, JsonTypeInfo<T> Json)
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string KeyOf(string? ns, string name) => StoreKeys.For(Group, Resource, Namespaced ? ns : null, name);

    /// <summary>The prefix to list or watch: the whole resource, or one namespace of it.</summary>
    public string Prefix(string? ns = null) => StoreKeys.Prefix(Group, Resource, Namespaced ? ns : null);
}
