using Edge.Server.Schema;
using Edge.Server.Schema.Apply;

namespace Edge.Server.Api.Http;

/// <summary>Every error that the API answers, with Kubernetes' code, reason and words.</summary>
internal static class Errors
{
    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    /// <param name="why">Empty, or what is wrong with credentials that were recognised.</param>
    public static StatusException Unauthorized(string why = "") =>
        new(401, "Unauthorized", why.Length == 0 ? "Unauthorized" : $"Unauthorized: {why}");

    public static StatusException Forbidden(ResourceSchema schema, string name, string why) =>
        new(403, "Forbidden", $"{Named(schema.Group, schema.Plural, name)} is forbidden: {why}")
        {
            Name = name, Group = schema.Group, Kind = schema.Plural,
        };

    public static StatusException Forbidden(string message, string group, string resource, string name) =>
        new(403, "Forbidden", message) { Name = name, Group = group, Kind = resource };

    public static StatusException NamespaceTerminating(ResourceSchema schema, string name, string ns) =>
        new(403, "Forbidden", $"{Named(schema.Group, schema.Plural, name)} is forbidden: unable to create "
            + $"new content in namespace {ns} because it is being terminated")
        {
            Name = name,
            Group = schema.Group,
            Kind = schema.Plural,
            Causes = [new("NamespaceTerminating", $"namespace {ns} is being terminated", "metadata.namespace")],
        };

    /// <summary>A client that wants to upgrade, to nothing that is known here.</summary>
    public static StatusException NoProtocol(IEnumerable<string> wishes, IEnumerable<string> spoken) =>
        new(403, "Forbidden", "unable to upgrade: unable to negotiate protocol: "
            + $"client supports [{string.Join(' ', wishes)}], server accepts [{string.Join(' ', spoken)}]");

    /// <summary>
    /// There is no way to what the request is for now; the client may try again, and is not told when.
    /// </summary>
    public static StatusException Unreachable(string why) =>
        new(503, "ServiceUnavailable", $"error dialing backend: {why}");

    public static StatusException NotFound(string group, string resource, string name) =>
        new(404, "NotFound", $"{Qualified(group, resource)} \"{name}\" not found")
        {
            Name = name, Group = group, Kind = resource,
        };

    public static StatusException NoSuchPath() =>
        new(404, "NotFound", "the server could not find the requested resource");

    public static StatusException MethodNotAllowed(string verb, string resource) =>
        new(405, "MethodNotAllowed", $"{verb} is not supported on resources of kind \"{resource}\"")
        {
            Kind = resource,
        };

    public static StatusException NotAcceptable(string accepted) =>
        new(406, "NotAcceptable", $"only the following media types are accepted: {accepted}");

    public static StatusException AlreadyExists(ResourceSchema schema, string name, bool wasGenerated = false) =>
        new(409, "AlreadyExists", $"{Qualified(schema.Group, schema.Plural)} \"{name}\" already exists"
            + (wasGenerated ? ", the server was not able to generate a unique name for the object" : ""))
        {
            Name = name, Group = schema.Group, Kind = schema.Plural,
        };

    public static StatusException Conflict(
        ResourceSchema schema, string name,
        string why = "the object has been modified; please apply your changes to the latest version and try again") =>
        new(409, "Conflict",
            $"Operation cannot be fulfilled on {Qualified(schema.Group, schema.Plural)} \"{name}\": {why}")
        {
            Name = name, Group = schema.Group, Kind = schema.Plural,
        };

    /// <summary>An apply that would change what others own.</summary>
    public static StatusException ApplyConflict(ApplyOutcome.Conflicted conflicted) =>
        new(409, "Conflict", conflicted.Message)
        {
            Causes =
            [
                .. conflicted.Conflicts.Select(conflict => new StatusCause(
                    "FieldManagerConflict", $"conflict with {conflict.Owner}", conflict.Path)),
            ],
        };

    /// <summary>The object that was meant is gone, and another one has its name.</summary>
    public static StatusException OtherLife(string kind, string name, string uid) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {kind} \"{name}\": the UID in the bound object "
            + $"reference ({uid}) does not match the UID in record. The object might have been deleted and then "
            + "recreated")
        {
            Name = name, Kind = kind,
        };

    public static StatusException Expired(string message, string next = "") =>
        new(410, "Expired", message) { Continue = next };

    public static StatusException TooLarge(long limit) =>
        new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit}");

    public static StatusException TooLarge(string why) =>
        new(413, "RequestEntityTooLarge", $"Request entity too large: {why}");

    public static StatusException UnsupportedMediaType(string accepted) =>
        new(415, "UnsupportedMediaType", "the body of the request was in an unknown format - "
            + $"accepted media types include: {accepted}");

    public static StatusException Invalid(ResourceSchema schema, string name, IReadOnlyList<FieldError> errors) =>
        Invalid(schema.Group, schema.Kind, name, errors);

    public static StatusException Invalid(
        string group, string kind, string name, IReadOnlyList<FieldError> errors) =>
        new(422, "Invalid", FieldError.Summary(Qualified(group, kind), name, errors))
        {
            Name = name,
            Group = group,
            Kind = kind,
            Causes = [.. errors.Select(error => new StatusCause(error.Reason, error.Message, error.Field))],
        };

    /// <summary>A query parameter that cannot be honoured.</summary>
    public static StatusException InvalidOptions(string kind, string field, string reason, string message) =>
        Invalid("meta.k8s.io", kind, "", [new FieldError(field, reason, message)]);

    /// <summary>
    /// The patch reads well but does not fit the object. It names neither kind nor object, as in Kubernetes: kubectl
    /// leaves the message out where one of them is named without a cause.
    /// </summary>
    public static StatusException Unprocessable(string message) => new(422, "Invalid", message);

    /// <summary>The patch fits, but what it makes of the object cannot be read.</summary>
    public static StatusException InvalidPatch(string patch, string message) => Invalid("", "", "",
        [new FieldError("patch", "FieldValueInvalid", $"Invalid value: \"{patch}\": {message}")]);

    public static StatusException TooManyRequests(string message, int retryAfterSeconds) =>
        new(429, "TooManyRequests", message) { RetryAfterSeconds = retryAfterSeconds };

    /// <summary>An eviction that a disruption budget does not grant now.</summary>
    public static StatusException Disrupting(string why, int? retryAfterSeconds) =>
        new(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.")
        {
            RetryAfterSeconds = retryAfterSeconds, Causes = [new("DisruptionBudget", why, "")],
        };

    public static StatusException TooManyBudgets() => new(500, "InternalError",
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");

    public static StatusException Internal(string message) =>
        new(500, "InternalError", $"Internal error occurred: {message}");

    public static StatusException Unavailable(string message, int retryAfterSeconds) =>
        new(503, "ServiceUnavailable", message) { RetryAfterSeconds = retryAfterSeconds };

    public static StatusException Timeout(string message) =>
        new(504, "Timeout", $"Timeout: {message}") { RetryAfterSeconds = 1 };

    public static StatusException FutureRevision(long asked, long current) =>
        new(504, "Timeout", $"Timeout: Too large resource version: {asked}, current: {current}")
        {
            RetryAfterSeconds = 1,
            Causes = [new("ResourceVersionTooLarge", "Too large resource version", "")],
        };

    private static string Qualified(string group, string resource) =>
        group.Length == 0 ? resource : $"{resource}.{group}";

    private static string Named(string group, string resource, string name) =>
        name.Length == 0 ? Qualified(group, resource) : $"{Qualified(group, resource)} \"{name}\"";
}
