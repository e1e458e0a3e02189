using Edge.Server.Access;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Http;

/// <summary>One request for a resource: who asks for what, and where the answer goes.</summary>
internal sealed class ApiRequest(
    HttpContext http, RequestPath path, ResourceSchema schema, ResourceSchema stored, UserInfo user,
    CancellationToken ct)
{
    public HttpContext Http { get; } = http;

    public HttpResponse Response => Http.Response;

    public RequestPath Path { get; } = path;

    /// <summary>The version that the request speaks.</summary>
    public ResourceSchema Schema { get; } = schema;

    /// <summary>The version that objects are kept in; decides defaults, validation and strategy.</summary>
    public ResourceSchema Stored { get; } = stored;

    public UserInfo User { get; } = user;

    /// <summary>Done when the client is gone, the server stops or the request's time is over.</summary>
    public CancellationToken Ct { get; } = ct;

    public RequestQuery Query { get; } = new(http.Request.Query);

    /// <summary>The store key of the object that the path names.</summary>
    public string Key => Store.StoreKeys.For(Schema.Group, Schema.Plural, Path.Namespace, Path.Name);

    public string Prefix => Store.StoreKeys.Prefix(Schema.Group, Schema.Plural, Path.Namespace);

    public StatusException NotFound() => Errors.NotFound(Schema.Group, Schema.Plural, Path.Name);
}
