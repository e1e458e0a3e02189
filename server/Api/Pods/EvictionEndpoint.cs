using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;

namespace Edge.Server.Api.Pods;

/// <summary>Deletes a pod on behalf of a drain. Disruption budgets will be asked here.</summary>
internal sealed class EvictionEndpoint(VerbParts parts, DeleteVerb delete)
{
    public async Task Run(ApiRequest request)
    {
        var schema = parts.Catalog.FindKind("policy", "v1", "Eviction")!;
        var eviction = await ObjectReading.Read(request, schema);
        ObjectReading.CheckName(request, eviction);
        var options = DeleteOptions.From(eviction.Object("deleteOptions"), request.Query.DryRun());
        if (await delete.Delete(request, request.Key, request.Path.Name, options) is null)
        {
            throw request.NotFound();
        }

        await ResponseBody.Write(request.Response, 201, StatusBody.Success(201));
    }
}
