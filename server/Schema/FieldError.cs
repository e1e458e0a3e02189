namespace Edge.Server.Schema;

/// <summary>
/// One cause of a 422 Invalid. <c>Reason</c> is Kubernetes' cause word (FieldValueInvalid …), <c>Message</c> its text
/// without the path, as in <c>Invalid value: "a_b": must …</c>.
/// </summary>
internal sealed record FieldError(string Field, string Reason, string Message)
{
    /// <summary>The text a Status' message holds for this cause.</summary>
    public override string ToString() => $"{Field}: {Message}";

    /// <summary>The message of a 422: <c>Kind "name" is invalid: …</c>, several causes in brackets.</summary>
    public static string Summary(string kind, string name, IReadOnlyList<FieldError> errors)
    {
        var all = errors.Select(error => error.ToString()).Distinct().ToList();
        return all.Count == 1
            ? $"{kind} \"{name}\" is invalid: {all[0]}"
            : $"{kind} \"{name}\" is invalid: [{string.Join(", ", all)}]";
    }
}
