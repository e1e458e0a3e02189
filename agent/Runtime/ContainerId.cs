using System.Security.Cryptography;
using System.Text;

namespace Edge.Agent.Runtime;

/// <summary>
/// Ids of containers in containerd. They are derived, so that "already exists" means "done"; names of users are
/// hashed, because containerd refuses "--" and more than 76 characters.
/// </summary>
internal static class ContainerId
{
    public static string For(string podUid, string containerName, int attempt)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(containerName));
        return $"{podUid}-{Convert.ToHexStringLower(hash.AsSpan(0, 4))}-{attempt}";
    }
}
