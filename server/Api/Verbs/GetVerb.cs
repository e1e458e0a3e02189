using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Reads one object.</summary>
internal sealed class GetVerb(VerbParts parts)
{
    public Task Run(ApiRequest request)
    {
        if (parts.Store.Get(request.Key) is not { } stored)
        {
            throw request.NotFound();
        }

        // A device sees of the certificate requests only its own.
        if (request.Schema.Plural == "certificatesigningrequests" && request.User.IsDevice
            && Requester(stored) != request.User.Name)
        {
            throw Refusals.Of(
                request.User, RequestAccess.Of("get", request.Path, request.Query), AccessDecision.No);
        }

        return ObjectAnswer.For(request, parts.Time).Write(request, 200, stored);
    }

    private static string Requester(StoredObject request) =>
        ObjectBytes.Tree(request.Value.Span).Object("spec").Text("username");
}
