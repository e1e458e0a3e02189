using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// Who set which fields: one entry of <c>metadata.managedFields</c>. Its name is the client's, its time RFC 3339.
/// </summary>
internal sealed record FieldOwner(
    string Name, bool Applied, string ApiVersion, string Subresource, string? Time, FieldSet Fields)
{
    /// <summary>As upstream: whoever says nothing about itself.</summary>
    public const string Unknown = "unknown";

    public string Operation => Applied ? "Apply" : "Update";

    /// <summary>The entry that a write belongs to. An applier keeps its entry when it speaks another version.</summary>
    public bool IsSameOwner(FieldOwner other) => Name == other.Name && Applied == other.Applied
        && Subresource == other.Subresource && (Applied || ApiVersion == other.ApiVersion);

    /// <summary>As messages name it.</summary>
    public string Text
    {
        get
        {
            var name = $"\"{Name}\"" + (Subresource.Length > 0 ? $" with subresource \"{Subresource}\"" : "");
            return Applied ? name : $"{name} using {ApiVersion}";
        }
    }

    /// <summary>Null when the entry cannot be used.</summary>
    /// <param name="entry">One of managedFields.</param>
    /// <param name="trusted">True for what this server wrote.</param>
    public static FieldOwner? Read(JsonNode? entry, bool trusted)
    {
        var fields = entry.Object("fieldsV1");
        var operation = entry.Text("operation");
        if (operation is not ("Apply" or "Update") || entry.Text("apiVersion").Length == 0
            || entry.Text("fieldsType") != "FieldsV1")
        {
            return null;
        }

        var set = fields is null ? FieldSet.Empty : FieldSetJson.Read(fields, trusted);
        return set is null ? null : new FieldOwner(
            entry.Text("manager"), operation == "Apply", entry.Text("apiVersion"), entry.Text("subresource"),
            entry.Text("time") is { Length: > 0 } time ? time : null, set);
    }
}
