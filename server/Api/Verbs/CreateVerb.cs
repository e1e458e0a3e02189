using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>Creates an object.</summary>
internal sealed class CreateVerb(VerbParts parts, ObjectAdmission admission, ObjectCreation creation)
{
    /// <summary>Attempts at a free generated name; 27^5 names make even two collisions in a row a rarity.</summary>
    private const int NameAttempts = 8;

    /// <summary>With the five letters that are added, a generated name is still a label.</summary>
    private const int PrefixMax = 58;

    public async Task Run(ApiRequest request)
    {
        _ = request.Query.DryRun();
        var answer = ObjectAnswer.For(request, parts.Time);
        var obj = ObjectReading.AsStored(request, await ObjectReading.Read(request, request.Schema));
        await Create(request, obj, answer);
    }

    /// <summary>Creates what was read, in the version that is kept, and answers with it.</summary>
    public async Task Create(ApiRequest request, JsonObject obj, ObjectAnswer answer)
    {
        var metadata = obj.Ensure("metadata");
        _ = admission.CheckNamespace(request, metadata.Text("name"));
        var generate = Prepare(request, metadata);
        for (var attempt = 1; ; attempt++)
        {
            var proposed = generate is null ? obj : obj.Copy();
            if (generate is not null)
            {
                proposed.Ensure("metadata")["name"] = generate + parts.Suffix.Next();
            }

            if (await creation.Commit(request, proposed) is { } stored)
            {
                await answer.Write(request, 201, stored);
                return;
            }

            if (generate is null || attempt == NameAttempts)
            {
                throw Errors.AlreadyExists(
                    request.Schema, proposed.Object("metadata").Text("name"), wasGenerated: generate is not null);
            }
        }
    }

    /// <summary>Replaces what only the server may set. Returns the prefix of a name to generate, or null.</summary>
    private string? Prepare(ApiRequest request, JsonObject metadata)
    {
        if (metadata.Text("resourceVersion").Length > 0)
        {
            throw Errors.BadRequest("resourceVersion should not be set on objects to be created");
        }

        creation.Prepare(metadata);
        if (metadata.Text("name").Length > 0)
        {
            return null;
        }

        return metadata.Text("generateName") is { Length: > 0 } prefix
            ? prefix[..Math.Min(prefix.Length, PrefixMax)]
            : throw Errors.Invalid(request.Schema, "", [new FieldError("metadata.name", "FieldValueRequired",
                "Required value: name or generateName is required")]);
    }
}
