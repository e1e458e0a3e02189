using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>
/// Kubernetes' own rules and texts for one object, and for its change from <c>old</c> (null on a create).
/// <c>subresource</c> is empty or names the endpoint that writes: status, ephemeralcontainers, resize, approval.
/// </summary>
internal static class ObjectValidation
{
    public static IReadOnlyList<FieldError> Check(
        ResourceSchema schema, JsonObject obj, JsonObject? old = null, string subresource = "") =>
        throw new NotImplementedException();
}
