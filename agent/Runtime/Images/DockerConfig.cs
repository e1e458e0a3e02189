using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Agent.Runtime.Images;

/// <summary>Reads the credentials of a Secret of type kubernetes.io/dockerconfigjson or dockercfg.</summary>
internal static class DockerConfig
{
    /// <exception cref="JsonException">The Secret holds no such document.</exception>
    public static IReadOnlyList<RegistryCredential> Parse(ReadOnlySpan<byte> json)
    {
        var file = JsonSerializer.Deserialize(json, DockerConfigJson.Default.DockerConfigFile);
        var auths = file?.Auths
            ?? JsonSerializer.Deserialize(json, DockerConfigJson.Default.DictionaryStringDockerConfigEntry);
        var credentials = new List<RegistryCredential>();
        foreach (var (registry, entry) in auths ?? [])
        {
            if (Read(registry, entry) is { } credential)
            {
                credentials.Add(credential);
            }
        }

        return credentials;
    }

    /// <summary>
    /// The credentials that fit an image, the longest registry path first, as kubelet tries them.
    /// </summary>
    public static IReadOnlyList<RegistryCredential> For(
        ImageReference image, IReadOnlyList<RegistryCredential> credentials) =>
        credentials
            .Where(credential => Fits(credential.Registry, image))
            .OrderByDescending(credential => credential.Registry.Length)
            .ToList();

    private static bool Fits(string registry, ImageReference image)
    {
        var path = registry.TrimEnd('/');
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        path = scheme < 0 ? path : path[(scheme + 3)..];
        path = path.EndsWith("/v1", StringComparison.Ordinal) || path.EndsWith("/v2", StringComparison.Ordinal)
            ? path[..^3]
            : path;
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? path : path[..slash];
        var prefix = slash < 0 ? "" : path[(slash + 1)..];
        host = host is "index.docker.io" or "registry-1.docker.io" ? "docker.io" : host;
        return HostFits(host, image.Host)
            && (prefix.Length == 0
                || image.Repository == prefix
                || image.Repository.StartsWith(prefix + "/", StringComparison.Ordinal));
    }

    /// <summary>A part of the host may be a star, which stands for one label.</summary>
    private static bool HostFits(string pattern, string host)
    {
        var wanted = pattern.Split('.');
        var given = host.Split('.');
        if (wanted.Length != given.Length)
        {
            return false;
        }

        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] != given[i] && wanted[i] != "*")
            {
                return false;
            }
        }

        return true;
    }

    private static RegistryCredential? Read(string registry, DockerConfigEntry entry)
    {
        var (user, password) = (entry.Username ?? "", entry.Password ?? "");
        if (entry.Auth is { Length: > 0 } auth)
        {
            var text = Encoding.UTF8.GetString(Convert.FromBase64String(auth)).TrimEnd('\0');
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            (user, password) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        }

        return user.Length == 0 && entry.IdentityToken is null
            ? null
            : new RegistryCredential(registry, user, password) { IdentityToken = entry.IdentityToken };
    }
}

/// <summary>The file's outer form; absent in the old dockercfg form.</summary>
internal sealed record DockerConfigFile
{
    [JsonPropertyName("auths")]
    public Dictionary<string, DockerConfigEntry>? Auths { get; init; }
}

/// <summary>One registry's entry: user and password, or both in one base64 text.</summary>
internal sealed record DockerConfigEntry
{
    [JsonPropertyName("username")]
    public string? Username { get; init; }

    [JsonPropertyName("password")]
    public string? Password { get; init; }

    [JsonPropertyName("auth")]
    public string? Auth { get; init; }

    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(DockerConfigFile))]
[JsonSerializable(typeof(Dictionary<string, DockerConfigEntry>))]
internal sealed partial class DockerConfigJson : JsonSerializerContext;
