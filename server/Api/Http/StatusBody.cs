using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Http;

/// <summary>Writes <c>Status</c> objects.</summary>
internal static class StatusBody
{
    public static JsonObject Failure(StatusException error)
    {
        var status = Base("Failure");
        if (error.Continue.Length > 0)
        {
            status["metadata"] = new JsonObject { ["continue"] = error.Continue };
        }

        status["message"] = error.Message;
        status["reason"] = error.Reason;
        status["details"] = Details(error);
        status["code"] = error.Code;
        return status;
    }

    /// <summary>What a DELETE answers when the object is gone.</summary>
    public static JsonObject Deleted(ResourceSchema schema, string name, string uid)
    {
        var status = Base("Success");
        status["details"] = Drop(new JsonObject
        {
            ["name"] = name, ["group"] = schema.Group, ["kind"] = schema.Plural, ["uid"] = uid,
        });
        return status;
    }

    public static JsonObject Success(int code)
    {
        var status = Base("Success");
        status["code"] = code;
        return status;
    }

    public static Task Write(HttpResponse response, StatusException error)
    {
        if (error.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString();
        }

        return ResponseBody.Write(response, error.Code, Failure(error));
    }

    private static JsonObject Base(string outcome) => new()
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = outcome,
    };

    private static JsonObject Details(StatusException error)
    {
        var details = Drop(new JsonObject
        {
            ["name"] = error.Name, ["group"] = error.Group, ["kind"] = error.Kind, ["uid"] = error.Uid,
        });
        if (error.Causes.Count > 0)
        {
            details["causes"] = new JsonArray([.. error.Causes.Select(cause => Drop(new JsonObject
            {
                ["reason"] = cause.Reason, ["message"] = cause.Message, ["field"] = cause.Field,
            }))]);
        }

        if (error.RetryAfterSeconds is { } seconds)
        {
            details["retryAfterSeconds"] = seconds;
        }

        return details;
    }

    private static JsonObject Drop(JsonObject fields)
    {
        foreach (var name in fields.Where(field => field.Value.AsEmpty()).Select(field => field.Key).ToList())
        {
            fields.Remove(name);
        }

        return fields;
    }

    private static bool AsEmpty(this JsonNode? value) => JsonTree.AsText(value) is { Length: 0 };
}
