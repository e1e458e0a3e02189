namespace Edge.Agent.Runtime.Images;

/// <summary>A parsed image name: host/repository with a tag, a digest, or both.</summary>
internal sealed record ImageReference(string Host, string Repository, string? Tag, string? Digest)
{
    public static string RepositoryOf(string name) => throw new NotImplementedException();
}
