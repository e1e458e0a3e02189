namespace Edge.Server.Api.Http;

/// <summary>One cause inside a <c>Status</c>: what is wrong with which field.</summary>
internal sealed record StatusCause(string Reason, string Message, string Field);

/// <summary>
/// A request ends here with a Kubernetes <c>Status</c>. Thrown anywhere below the dispatcher, which writes it; made
/// only by <see cref="Errors"/>.
/// </summary>
internal sealed class StatusException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public string Name { get; init; } = "";

    public string Group { get; init; } = "";

    /// <summary>The plural resource, except for Invalid, where it is the kind.</summary>
    public string Kind { get; init; } = "";

    public string Uid { get; init; } = "";

    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    /// <summary>Clients try again only where this is set.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>A token to go on listing with, for an expired one.</summary>
    public string Continue { get; init; } = "";
}
