using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Changes an object by a JSON patch, a merge patch or a strategic merge patch.</summary>
internal sealed class PatchVerb(VerbParts parts, ObjectUpdate update)
{
    /// <summary>As upstream: a patch is applied again to what somebody else wrote in between.</summary>
    private const int Attempts = 8;

    private const string Accepted =
        "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json";

    public async Task Run(ApiRequest request)
    {
        _ = request.Query.DryRun();
        var apply = Kind(request);
        var validation = request.Query.Validation();
        var answer = ObjectAnswer.For(request, parts.Time);
        var body = await RequestBody.Read(request.Http.Request, request.Ct);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var current = parts.Store.Get(request.Key) ?? throw request.NotFound();
            var patched = Patched(request, apply(Spoken(request, current), body));
            var (proposed, warnings) = Decode(request, patched, validation);
            if (await update.Commit(request, current, ObjectReading.AsStored(request, proposed)) is { } stored)
            {
                ResponseBody.Warn(request.Response, warnings.Except(Known(request, current, warnings)));
                await answer.Write(request, 200, stored);
                return;
            }
        }

        throw Errors.Conflict(request.Schema, request.Path.Name);
    }

    /// <summary>What the stored object is warned about already is not the patch's doing.</summary>
    private static IReadOnlyList<string> Known(
        ApiRequest request, StoredObject current, IReadOnlyList<string> warnings) =>
        warnings.Count > 0
        && ObjectDecoder.FromTree(request.Schema, Spoken(request, current), FieldValidation.Ignore)
            is DecodeResult.Decoded decoded
            ? decoded.Warnings
            : [];

    private static JsonObject Spoken(ApiRequest request, StoredObject current) =>
        VersionConversion.FromStored(request.Schema, ObjectBytes.Read(current));

    private static Func<JsonObject, ReadOnlyMemory<byte>, PatchResult> Kind(ApiRequest request) =>
        RequestBody.MediaType(request.Http.Request) switch
        {
            "application/json-patch+json" => JsonPatch.Apply,
            "application/merge-patch+json" => MergePatch.Apply,
            "application/strategic-merge-patch+json" =>
                (original, patch) => StrategicMerge.Apply(request.Schema, original, patch),
            _ => throw Errors.UnsupportedMediaType(Accepted),
        };

    private static JsonObject Patched(ApiRequest request, PatchResult result) => result switch
    {
        PatchResult.Patched patched => patched.Object,
        PatchResult.Malformed { TooLarge: true } => throw Errors.TooLarge(JsonPatch.MaxOperations),
        PatchResult.Malformed malformed => throw Errors.BadRequest(malformed.Message),
        PatchResult.Unprocessable failed =>
            throw Errors.Unprocessable(request.Schema, request.Path.Name, failed.Message),
        _ => throw Errors.Internal("unknown patch result"),
    };

    private static (JsonObject Object, IReadOnlyList<string> Warnings) Decode(
        ApiRequest request, JsonObject patched, FieldValidation validation)
    {
        ObjectReading.CheckName(request, patched);
        return ObjectDecoder.FromTree(request.Schema, patched, validation) switch
        {
            DecodeResult.Decoded decoded => (decoded.Object, decoded.Warnings),
            DecodeResult.Failed failed =>
                throw Errors.Unprocessable(request.Schema, request.Path.Name, failed.Message),
            _ => throw Errors.Internal("unknown decode result"),
        };
    }
}
