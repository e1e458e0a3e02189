namespace Edge.Agent.Runtime.Images;

/// <summary>An image that is complete and unpacked on this node.</summary>
internal sealed record ImageRecord
{
    /// <summary>The full name, such as docker.io/library/busybox:latest.</summary>
    public required string Name { get; init; }

    /// <summary>Digest of what the registry answered for the name (an index or a manifest).</summary>
    public required string Digest { get; init; }

    /// <summary>Digest of the image's configuration.</summary>
    public required string ConfigDigest { get; init; }

    /// <summary>Name of the top snapshot.</summary>
    public required string ChainId { get; init; }

    /// <summary>Bytes of all compressed layers, configuration and manifest.</summary>
    public required long SizeBytes { get; init; }

    public required ImageConfig Config { get; init; }

    /// <summary>What Kubernetes shows as imageID: repository@digest.</summary>
    public string RepoDigest => $"{ImageReference.RepositoryOf(Name)}@{Digest}";
}

/// <summary>The part of an OCI image configuration that decides how a container starts.</summary>
internal sealed record ImageConfig
{
    public string User { get; init; } = "";

    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Cmd { get; init; } = [];

    public string WorkingDir { get; init; } = "";

    public string StopSignal { get; init; } = "";
}
