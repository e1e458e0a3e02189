using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// Reads the object that a POST or PUT carries, warns the client and checks what the URL says against it.
/// </summary>
internal static class ObjectReading
{
    public static async Task<JsonObject> Read(ApiRequest request, ResourceSchema schema)
    {
        // Devices are many, and at first strangers.
        var limit = request.User.IsDevice ? DeviceRules.BodyBytesMax : RequestBody.BytesMax;
        var body = await RequestBody.Read(request.Http.Request, limit, request.Ct);
        if (body.IsEmpty)
        {
            throw Errors.BadRequest("the request body is empty");
        }

        switch (RequestBody.Decode(request.Http.Request, schema, body, request.Query.Validation()))
        {
            case DecodeResult.Decoded decoded:
                ResponseBody.Warn(request.Response, decoded.Warnings);
                CheckNamespace(request, decoded.Object.Ensure("metadata"));
                return decoded.Object;
            case DecodeResult.Failed failed:
                throw Errors.BadRequest(failed.Message);
            default:
                throw Errors.Internal("unknown decode result");
        }
    }

    /// <summary>
    /// The object in the version that is kept. What only that version can say of it is checked and warned about here.
    /// </summary>
    public static JsonObject AsStored(ApiRequest request, JsonObject obj)
    {
        if (request.Schema.IsStored)
        {
            return obj;
        }

        var converted = VersionConversion.ToStored(request.Schema, obj);
        switch (ObjectDecoder.FromTree(request.Stored, converted, FieldValidation.Ignore))
        {
            case DecodeResult.Decoded decoded:
                ResponseBody.Warn(request.Response, decoded.Warnings);
                return decoded.Object;
            case DecodeResult.Failed failed:
                throw Errors.BadRequest(failed.Message);
            default:
                throw Errors.Internal("unknown decode result");
        }
    }

    /// <summary>The name in the body may be left out, but may not be another one.</summary>
    public static void CheckName(ApiRequest request, JsonObject obj)
    {
        var metadata = obj.Ensure("metadata");
        var name = metadata.Text("name");
        if (name.Length > 0 && name != request.Path.Name)
        {
            throw Errors.BadRequest(
                $"the name of the object ({name}) does not match the name on the URL ({request.Path.Name})");
        }

        metadata["name"] = request.Path.Name;
    }

    /// <summary>The namespace in the body may be left out, but may not be another one; it is filled in.</summary>
    public static void CheckNamespace(ApiRequest request, JsonObject metadata)
    {
        var ns = metadata.Text("namespace");
        if (ns.Length > 0 && ns != request.Path.Namespace && request.Path.Resource != "namespaces")
        {
            throw Errors.BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request");
        }

        if (request.Schema.Namespaced)
        {
            metadata["namespace"] = request.Path.Namespace;
        }
        else
        {
            metadata.Remove("namespace");
        }
    }
}
