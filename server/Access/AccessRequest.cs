namespace Edge.Server.Access;

/// <summary>
/// What is asked for, in the words of Kubernetes' authorization. <paramref name="Path"/> is empty for a resource.
/// </summary>
internal sealed record AccessRequest(
    string Verb, string Group, string Resource, string Subresource, string Namespace, string Name, string Path)
{
    /// <summary>The resource as rules name it: <c>pods</c> or <c>pods/log</c>.</summary>
    public string FullResource { get; } = Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";

    public bool IsResource => Path.Length == 0;

    /// <summary>Something done to objects of the main endpoint of a resource.</summary>
    public static AccessRequest OfResource(string verb, string group, string resource, string ns, string name) =>
        new(verb, group, resource, "", ns, name, "");

    /// <summary>The refusal in Kubernetes' words, without what it is a refusal of.</summary>
    /// <param name="user">Who is refused.</param>
    /// <param name="reason">Empty, or what the authorizer found wrong.</param>
    public string RefusalOf(UserInfo user, string reason)
    {
        var text = !IsResource ? $"User \"{user.Name}\" cannot {Verb} path \"{Path}\""
            : $"User \"{user.Name}\" cannot {Verb} resource \"{FullResource}\" in API group \"{Group}\" "
                + (Namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{Namespace}\"");
        return reason.Length == 0 ? text : $"{text}: {reason}";
    }
}
