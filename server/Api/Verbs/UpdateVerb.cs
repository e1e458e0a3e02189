using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>Replaces an object, or the part of it that a subresource names.</summary>
internal sealed class UpdateVerb(VerbParts parts, ObjectUpdate update, CreateVerb create, ObjectCreation creation)
{
    /// <summary>
    /// An update without resourceVersion races with nobody it knows; this many rounds it tries to get through.
    /// </summary>
    private const int Attempts = 8;

    public async Task Run(ApiRequest request)
    {
        _ = request.Query.DryRun();
        var answer = ObjectAnswer.For(request, parts.Time);
        var read = await ObjectReading.Read(request, request.Schema);
        ObjectReading.CheckName(request, read);
        var proposed = ObjectReading.AsStored(request, read);
        var unconditional = proposed.Object("metadata").Text("resourceVersion").Length == 0;
        for (var attempt = 1; attempt <= (unconditional ? Attempts : 1); attempt++)
        {
            if (parts.Store.Get(request.Key) is not { } current)
            {
                if (!request.Schema.CreatesOnUpdate || !unconditional || request.Path.Subresource.Length > 0)
                {
                    throw request.NotFound();
                }

                creation.RequireRight(request);
                await create.Create(request, proposed, answer);
                return;
            }

            if (unconditional && request.Schema.NeedsRevision)
            {
                throw Errors.Invalid(request.Schema, request.Path.Name, [new FieldError("metadata.resourceVersion",
                    "FieldValueInvalid", "Invalid value: 0: must be specified for an update")]);
            }

            if (await update.Commit(request, current, proposed) is { } stored)
            {
                await answer.Write(request, 200, stored);
                return;
            }
        }

        throw Errors.Conflict(request.Schema, request.Path.Name);
    }
}
