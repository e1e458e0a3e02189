using System.Text.RegularExpressions;

namespace Edge.Agent.Runtime.Images;

/// <summary>
/// A full image name: host/repository with a tag, a digest, or both. Short names get Docker's defaults, as everywhere
/// in Kubernetes.
/// </summary>
internal sealed partial record ImageReference(string Host, string Repository, string? Tag, string? Digest)
{
    /// <summary>The name under which containerd keeps the image.</summary>
    public string Name => Digest is null ? $"{Host}/{Repository}:{Tag}" : $"{Host}/{Repository}@{Digest}";

    /// <summary>What stands after manifests/ in the registry's URL.</summary>
    public string Target => Digest ?? Tag ?? "latest";

    /// <summary>The host that answers for this image.</summary>
    public string RegistryHost => Host == "docker.io" ? "registry-1.docker.io" : Host;

    /// <summary>A name without tag and digest; the argument is a full name.</summary>
    public static string RepositoryOf(string name)
    {
        var bare = name.Split('@')[0];
        var colon = bare.LastIndexOf(':');
        return colon > bare.LastIndexOf('/') ? bare[..colon] : bare;
    }

    /// <summary>
    /// Null when the text is not an image name; <paramref name="error"/> then says why, in Docker's words.
    /// </summary>
    public static ImageReference? Parse(string text, out string error)
    {
        error = "invalid reference format";
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var digest = at < 0 ? null : text[(at + 1)..];
        var rest = at < 0 ? text : text[..at];
        if (digest is not null && !DigestForm().IsMatch(digest))
        {
            return null;
        }

        var colon = rest.LastIndexOf(':');
        var tag = colon > rest.LastIndexOf('/') ? rest[(colon + 1)..] : null;
        rest = tag is null ? rest : rest[..colon];
        if (tag is not null && !TagForm().IsMatch(tag))
        {
            return null;
        }

        var (host, repository) = Split(rest);
        if (!RepositoryForm().IsMatch(repository) || !HostForm().IsMatch(host))
        {
            error = RepositoryForm().IsMatch(repository.ToLowerInvariant()) && HostForm().IsMatch(host)
                ? "invalid reference format: repository name must be lowercase"
                : error;
            return null;
        }

        if (host.Length + 1 + repository.Length > NameLengthMax)
        {
            error = "repository name must not be more than 255 characters";
            return null;
        }

        error = "";
        return new ImageReference(host, repository, tag ?? (digest is null ? "latest" : null), digest);
    }

    /// <summary>Docker's limit of host and repository together.</summary>
    private const int NameLengthMax = 255;

    private static (string Host, string Repository) Split(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first.AsSpan().IndexOfAny('.', ':') >= 0 || first == "localhost"
            || first.AsSpan().ContainsAnyInRange('A', 'Z');
        var (host, repository) = isHost ? (first, name[(slash + 1)..]) : ("docker.io", name);
        host = host == "index.docker.io" ? "docker.io" : host;
        return host == "docker.io" && !repository.Contains('/', StringComparison.Ordinal)
            ? (host, $"library/{repository}")
            : (host, repository);
    }

    [GeneratedRegex(@"^sha256:[a-f0-9]{64}\z")]
    private static partial Regex DigestForm();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagForm();

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryForm();

    [GeneratedRegex(@"^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?\z")]
    private static partial Regex HostForm();
}
