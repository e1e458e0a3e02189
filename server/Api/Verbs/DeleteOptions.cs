using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>How to delete: from the body, or from the query when there is no body.</summary>
internal sealed record DeleteOptions(DeletionWish Wish, string Uid, string ResourceVersion, bool DryRun)
{
    private const string Name = "DeleteOptions";

    public static async Task<DeleteOptions> Read(ApiRequest request, SchemaCatalog catalog)
    {
        var body = await RequestBody.Read(request.Http.Request, request.Ct);
        if (body.IsEmpty)
        {
            return new DeleteOptions(WishOf(request.Query), "", "", request.Query.DryRun());
        }

        return RequestBody.Decode(request.Http.Request, catalog.DeleteOptions, body, FieldValidation.Ignore) switch
        {
            DecodeResult.Decoded decoded => From(decoded.Object, request.Query.DryRun()),
            DecodeResult.Failed failed => throw Errors.BadRequest(failed.Message),
            _ => throw Errors.Internal("unknown decode result"),
        };
    }

    public static DeleteOptions From(JsonObject? options, bool dryRun)
    {
        var orphan = options?["orphanDependents"] is null ? (bool?)null : options.Flag("orphanDependents");
        var policy = options?["propagationPolicy"] is null ? null : options.Text("propagationPolicy");
        var preconditions = options.Object("preconditions");
        return new DeleteOptions(
            new DeletionWish(options.Number("gracePeriodSeconds"), PropagationOf(orphan, policy)),
            preconditions.Text("uid"), preconditions.Text("resourceVersion"),
            dryRun || options.Items("dryRun").Any(value => JsonTree.AsText(value) == "All"));
    }

    private static DeletionWish WishOf(RequestQuery query) => new(
        query.Number("gracePeriodSeconds"),
        PropagationOf(
            query.Has("orphanDependents") ? query.Flag("orphanDependents") : null,
            query.Has("propagationPolicy") ? query.Text("propagationPolicy") : null));

    /// <summary>
    /// <c>orphanDependents</c> is the older word: true is Orphan, false is Background. Null when nothing is asked for.
    /// </summary>
    /// <exception cref="StatusException">422: both are there, or the policy is none.</exception>
    private static Propagation? PropagationOf(bool? orphan, string? policy)
    {
        if (orphan is not null && policy is not null)
        {
            throw Errors.InvalidOptions(Name, "propagationPolicy", "FieldValueInvalid",
                $"Invalid value: \"{policy}\": orphanDependents and deletionPropagation cannot be both set");
        }

        return policy switch
        {
            null => orphan is null ? null : orphan == true ? Propagation.Orphan : Propagation.Background,
            "Background" => Propagation.Background,
            "Foreground" => Propagation.Foreground,
            "Orphan" => Propagation.Orphan,
            _ => throw Errors.InvalidOptions(Name, "propagationPolicy", "FieldValueNotSupported",
                $"Unsupported value: \"{policy}\": supported values: \"Foreground\", \"Background\", \"Orphan\", "
                + "\"nil\""),
        };
    }
}
