namespace Edge.Agent.Runtime.Images;

/// <summary>Reads the credentials of a Secret of type kubernetes.io/dockerconfigjson or dockercfg.</summary>
internal static class DockerConfig
{
    public static IReadOnlyList<RegistryCredential> Parse(ReadOnlySpan<byte> json) =>
        throw new NotImplementedException();
}
