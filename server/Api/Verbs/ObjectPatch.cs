using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// What a PATCH carries: a JSON patch, a merge patch or a strategic merge patch, to be applied to whatever is there.
/// </summary>
internal sealed class ObjectPatch
{
    private const string Accepted = "application/json-patch+json, application/merge-patch+json, "
        + "application/strategic-merge-patch+json, application/apply-patch+yaml";

    /// <summary>How much of a patch is shown to somebody whose patch makes something that cannot be read.</summary>
    private const int ShownBytesMax = 1024;

    private readonly ApiRequest _request;
    private readonly ResourceSchema _schema;
    private readonly FieldValidation _validation;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly Func<JsonObject, ReadOnlyMemory<byte>, PatchResult> _apply;

    private ObjectPatch(
        ApiRequest request, ResourceSchema schema, FieldValidation validation, ReadOnlyMemory<byte> body,
        Func<JsonObject, ReadOnlyMemory<byte>, PatchResult> apply) =>
        (_request, _schema, _validation, _body, _apply) = (request, schema, validation, body, apply);

    private string Shown => _body.Length <= ShownBytesMax
        ? Encoding.UTF8.GetString(_body.Span)
        : $"{Encoding.UTF8.GetString(_body.Span[..ShownBytesMax])}...";

    /// <param name="request">Carries the patch.</param>
    /// <param name="schema">Of the object that the patch is about.</param>
    public static async Task<ObjectPatch> Read(ApiRequest request, ResourceSchema schema)
    {
        Func<JsonObject, ReadOnlyMemory<byte>, PatchResult> kind =
            RequestBody.MediaType(request.Http.Request) switch
            {
                "application/json-patch+json" => JsonPatch.Apply,
                "application/merge-patch+json" => MergePatch.Apply,
                "application/strategic-merge-patch+json" =>
                    (original, patch) => StrategicMerge.Apply(schema, original, patch),
                _ => throw Errors.UnsupportedMediaType(Accepted),
            };
        if (request.Query.Has("force"))
        {
            throw Errors.InvalidOptions("PatchOptions", "force", "FieldValueForbidden",
                "Forbidden: may not be specified for non-apply patch");
        }

        var validation = request.Query.Validation();
        var body = await RequestBody.Read(request.Http.Request, request.Ct);
        return new ObjectPatch(request, schema, validation, body, kind);
    }

    /// <summary>The object that the patch makes of another one, pruned, with warnings for the client.</summary>
    /// <exception cref="StatusException">The patch does not fit the object, or makes something else of it.</exception>
    public (JsonObject Object, IReadOnlyList<string> Warnings) Apply(JsonObject original)
    {
        var (patched, duplicates) = _apply(original, _body) switch
        {
            PatchResult.Patched whole => (whole.Object, whole.Duplicates),
            PatchResult.Malformed { TooLarge: true } malformed => throw Errors.TooLarge(malformed.Message),
            PatchResult.Malformed malformed => throw Errors.BadRequest(malformed.Message),
            PatchResult.Unprocessable failed => throw Errors.Unprocessable(failed.Message),
            _ => throw Errors.Internal("unknown patch result"),
        };
        ObjectReading.CheckName(_request, patched);
        return ObjectDecoder.FromTree(_schema, patched, _validation, duplicates) switch
        {
            DecodeResult.Decoded decoded => (decoded.Object, decoded.Warnings),
            DecodeResult.Failed failed => throw Errors.InvalidPatch(
                Shown, ObjectDecoder.Reason(_schema, failed)),
            _ => throw Errors.Internal("unknown decode result"),
        };
    }
}
