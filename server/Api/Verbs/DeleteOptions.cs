using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>How to delete: from the body, or from the query when there is no body.</summary>
/// <param name="Wish">What is asked for.</param>
/// <param name="Uid">The object's uid must be this one; empty for any.</param>
/// <param name="ResourceVersion">Its resourceVersion must be this one; empty for any.</param>
/// <param name="DryRun">Nothing is to be written.</param>
/// <param name="AwaitsDependents">
/// An object that stays for now is answered with 202 instead of 200, which upstream does for Foreground and
/// orphanDependents=false only.
/// </param>
internal sealed record DeleteOptions(
    DeletionWish Wish, string Uid, string ResourceVersion, bool DryRun, bool AwaitsDependents)
{
    private const string Name = "DeleteOptions";

    public static async Task<DeleteOptions> Read(ApiRequest request, SchemaCatalog catalog)
    {
        var body = await RequestBody.Read(request.Http.Request, request.Ct);
        if (body.IsEmpty)
        {
            var query = request.Query;
            return Build(
                query.Number("gracePeriodSeconds"),
                query.Has("orphanDependents") ? query.Flag("orphanDependents") : null,
                query.Has("propagationPolicy") ? query.Text("propagationPolicy") : null, null, query.DryRun());
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
        return Build(
            options.Number("gracePeriodSeconds"), orphan, policy, options.Object("preconditions"),
            dryRun || options.Items("dryRun").Any(value => JsonTree.AsText(value) == "All"));
    }

    private static DeleteOptions Build(
        long? grace, bool? orphan, string? policy, JsonObject? preconditions, bool dryRun)
    {
        var propagation = PropagationOf(orphan, policy);
        return new DeleteOptions(
            // As upstream: less than nothing is the least.
            new DeletionWish(grace < 0 ? 1 : grace, propagation), preconditions.Text("uid"),
            preconditions.Text("resourceVersion"), dryRun,
            AwaitsDependents: propagation == Propagation.Foreground || orphan == false);
    }

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
