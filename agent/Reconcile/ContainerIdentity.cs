using System.Security.Cryptography;
using System.Text;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>What of a container's description makes it another container.</summary>
internal static class ContainerIdentity
{

    /// <summary>
    /// Only what Kubernetes lets change on a live pod: image and resources. Quantities count by value, so that another
    /// spelling of the same amount restarts nothing.
    /// </summary>
    public static string SpecHash(Container container)
    {
        var text = new StringBuilder(container.Image);
        Append(text, "requests", container.Resources?.Requests);
        Append(text, "limits", container.Resources?.Limits);
        return Hash(text.ToString());
    }

    private static void Append(StringBuilder text, string kind, IReadOnlyDictionary<string, Quantity>? amounts)
    {
        foreach (var name in (amounts?.Keys ?? []).Order(StringComparer.Ordinal))
        {
            var amount = amounts![name].Value.ToString("G29");
            text.Append('\n').Append(kind).Append(' ').Append(name).Append('=').Append(amount);
        }
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));
}
