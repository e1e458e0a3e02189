using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>How to delete: from the body, or from the query when there is no body.</summary>
internal sealed record DeleteOptions(
    long? GraceSeconds, string Uid, string ResourceVersion, bool DryRun)
{
    private static readonly string[] s_policies = ["", "Background", "Foreground", "Orphan"];

    public static async Task<DeleteOptions> Read(ApiRequest request, SchemaCatalog catalog)
    {
        var body = await RequestBody.Read(request.Http.Request, request.Ct);
        if (body.IsEmpty)
        {
            return new DeleteOptions(request.Query.Number("gracePeriodSeconds"), "", "", request.Query.DryRun());
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
        var policy = options.Text("propagationPolicy");
        if (!s_policies.Contains(policy))
        {
            throw Errors.InvalidOptions("DeleteOptions", "propagationPolicy", "FieldValueNotSupported",
                $"Unsupported value: \"{policy}\": supported values: \"Background\", \"Foreground\", \"Orphan\"");
        }

        var grace = options.Number("gracePeriodSeconds");
        if (grace < 0)
        {
            throw Errors.InvalidOptions("DeleteOptions", "gracePeriodSeconds", "FieldValueInvalid",
                $"Invalid value: {grace}: must be greater than or equal to 0");
        }

        var preconditions = options.Object("preconditions");
        return new DeleteOptions(grace, preconditions.Text("uid"), preconditions.Text("resourceVersion"),
            dryRun || options.Items("dryRun").Any(value => JsonTree.AsText(value) == "All"));
    }
}
