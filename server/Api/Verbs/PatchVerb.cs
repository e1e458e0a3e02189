using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Changes an object by a patch.</summary>
internal sealed class PatchVerb(VerbParts parts, ObjectUpdate update, ApplyVerb apply)
{
    /// <summary>As upstream: a patch is applied again to what somebody else wrote in between.</summary>
    private const int Attempts = 8;

    public async Task Run(ApiRequest request)
    {
        if (ApplyVerb.Is(request))
        {
            await apply.Run(request);
            return;
        }

        _ = request.Query.DryRun();
        var answer = ObjectAnswer.For(request, parts.Time);
        var patch = await ObjectPatch.Read(request, request.Schema);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var current = parts.Store.Get(request.Key) ?? throw request.NotFound();
            var (proposed, warnings) = patch.Apply(Spoken(request, current));
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
}
