namespace Edge.Agent.Runtime.Images;

/// <summary>One wish to have an image; <paramref name="Credentials"/> are tried by host, best match first.</summary>
internal sealed record PullRequest(
    string Reference,
    IReadOnlyList<RegistryCredential> Credentials,
    ImagePlatform? Platform = null);

/// <summary>A user and password for a registry host, optionally with a path, as in a dockerconfigjson.</summary>
internal sealed record RegistryCredential(string Registry, string Username, string Password)
{
    /// <summary>A token that replaces user and password, or null.</summary>
    public string? IdentityToken { get; init; }

    public override string ToString() => $"credential for {Registry}";
}

/// <summary>What an image was built for, in Go's words: linux, amd64, v7.</summary>
internal sealed record ImagePlatform(string Os, string Architecture, string Variant = "");

/// <summary>How far a pull is; both numbers in compressed bytes.</summary>
internal readonly record struct PullProgress(long DoneBytes, long TotalBytes);

/// <summary>Why a pull failed, in the words kubelet shows as a waiting reason.</summary>
internal enum PullFailure
{
    ErrImagePull,
    InvalidImageName,
}

/// <summary>The end of a pull: an image, or a reason with the message for the pod's status.</summary>
internal abstract record PullOutcome
{
    private PullOutcome()
    {
    }

    public sealed record Pulled(ImageRecord Image) : PullOutcome;

    public sealed record Failed(PullFailure Reason, string Message) : PullOutcome;
}
