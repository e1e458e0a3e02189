using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;

namespace Edge.Server.Api.Verbs;

/// <summary>Who writes a request's fields, and what that makes of metadata.managedFields.</summary>
internal sealed class FieldWriter(SchemaCatalog catalog, TimeProvider time)
{
    /// <summary>As upstream: letters of a field manager's name.</summary>
    private const int NameLengthMax = 128;

    private const string ManagedFields = "managedFields";

    public FieldVersions Versions(ApiRequest request) => new(catalog, request.Schema);

    /// <summary>The writer of a request, now, with no fields yet.</summary>
    /// <exception cref="StatusException">422: the name cannot be one.</exception>
    public FieldOwner Who(ApiRequest request, string options, bool applies = false) => new(
        Name(request, options), applies, request.Schema.ApiVersion, request.Path.Subresource,
        TimeJson.Text(time.GetUtcNow()), FieldSet.Empty);

    /// <summary>
    /// managedFields of an object that is to be made, with its defaults and nothing that the server adds. None of what
    /// a device makes: it could put words of its own there.
    /// </summary>
    public ReadOnlyMemory<byte> Create(ApiRequest request, JsonObject obj)
    {
        if (request.User.IsDevice)
        {
            return default;
        }

        var who = Who(request, "CreateOptions");
        var spoken = request.Schema.IsStored ? obj : VersionConversion.FromStored(request.Schema, obj.Copy());
        return FieldOwners.WriteNew(request.Schema, spoken, who.Name, who.Time!);
    }

    /// <summary>The owners after an update or a patch.</summary>
    /// <param name="request">Says who writes.</param>
    /// <param name="old">The stored object, without managedFields.</param>
    /// <param name="next">As it is to be stored, in the same version.</param>
    /// <param name="held">managedFields of the stored object.</param>
    /// <param name="sent">managedFields of the body.</param>
    public FieldOwners Update(
        ApiRequest request, JsonObject old, JsonObject next, JsonNode? held, JsonNode? sent)
    {
        var who = Who(request, "UpdateOptions");
        var known = FieldOwners.Read(held, trusted: true) ?? FieldOwners.None;
        var owners = JsonTree.Same(held, sent)
            ? known
            : FieldTracking.Known(known, sent, request.Path.Subresource);
        if (owners.IsEmpty)
        {
            return owners;
        }

        return FieldTracking.Update(Versions(request), Spoken(request, old), Spoken(request, next), owners, who);
    }

    /// <summary>Takes managedFields out of an object, in place.</summary>
    public static JsonNode? Detach(JsonObject obj)
    {
        var metadata = obj.Ensure("metadata");
        var held = metadata[ManagedFields];
        metadata.Remove(ManagedFields);
        return held;
    }

    private static JsonObject Spoken(ApiRequest request, JsonObject obj) => request.Schema.IsStored
        ? obj
        : VersionConversion.FromStored(request.Schema, obj.Copy());

    /// <summary>The fieldManager of the query, else the client's name before the slash.</summary>
    private static string Name(ApiRequest request, string options)
    {
        var name = request.Query.Text("fieldManager");
        if (name.Length == 0)
        {
            return FromUserAgent(request.Http.Request.Headers.UserAgent.ToString());
        }

        if (name.Length > NameLengthMax)
        {
            throw Errors.InvalidOptions(options, "fieldManager", "FieldValueTooLong",
                $"Too long: may not be more than {NameLengthMax} bytes");
        }

        var at = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (!IsPrintable(rune))
            {
                throw Errors.InvalidOptions(options, "fieldManager", "FieldValueInvalid",
                    $"Invalid value: \"{name}\": invalid character U+{rune.Value:X4} (at position {at})");
            }

            at += rune.Utf8SequenceLength;
        }

        return name;
    }

    private static string FromUserAgent(string agent)
    {
        var slash = agent.IndexOf('/', StringComparison.Ordinal);
        var name = new StringBuilder();
        foreach (var rune in (slash < 0 ? agent : agent[..slash]).EnumerateRunes())
        {
            if (IsPrintable(rune) && name.Length < NameLengthMax)
            {
                name.Append(rune.ToString());
            }
        }

        return name.Length == 0 ? FieldOwner.Unknown : name.ToString();
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || (Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator));
}
