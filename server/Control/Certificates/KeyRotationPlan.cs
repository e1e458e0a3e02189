using System.Globalization;
using Edge.Proto.Model;
using Edge.Server.Access;

namespace Edge.Server.Control.Certificates;

/// <summary>What is to become of a node's key.</summary>
internal abstract record KeyRotationStep
{
    private KeyRotationStep()
    {
    }

    /// <summary>Nothing now; look again after the time, or never.</summary>
    internal sealed record Wait(TimeSpan? Again) : KeyRotationStep;

    /// <summary>Since when the node has its key is not known, or lies ahead: from now on it is now.</summary>
    internal sealed record Stamp : KeyRotationStep;

    /// <summary>The key has done its time: the node is to make another.</summary>
    internal sealed record Ask : KeyRotationStep;
}

/// <summary>
/// When a node is to change its key. By the server's clock alone: a device may have none, and its certificate has no
/// dates that mean anything. Pure.
/// </summary>
internal static class KeyRotationPlan
{
    /// <summary>A key is changed after 70 to 90 % of its time, as the kubelet does: a fleet never at once.</summary>
    private const double EarliestPart = 0.7;
    private const double SpreadPart = 0.2;

    /// <summary>The digits of the key's hash that place it within the spread.</summary>
    private const int SpreadDigits = 6;

    /// <param name="node">The Node object.</param>
    /// <param name="life">How long a key serves; zero for ever.</param>
    /// <param name="now">The time.</param>
    public static KeyRotationStep Decide(Node node, TimeSpan life, DateTimeOffset now)
    {
        var annotations = node.Metadata.Annotations;
        if (life <= TimeSpan.Zero || annotations?.GetValueOrDefault(NodeKey.Annotation) is not { } key
            || annotations.ContainsKey(NodeKey.RenewAnnotation))
        {
            return new KeyRotationStep.Wait(null);
        }

        // A clock that was wrong when the key was made would else keep the key for as long as it was wrong.
        if (Since(annotations) is not { } since || since > now)
        {
            return new KeyRotationStep.Stamp();
        }

        var due = since + (life * (EarliestPart + (SpreadPart * Place(key))));
        return due <= now ? new KeyRotationStep.Ask() : new KeyRotationStep.Wait(due - now);
    }

    private static DateTimeOffset? Since(IReadOnlyDictionary<string, string> annotations) =>
        DateTimeOffset.TryParse(annotations.GetValueOrDefault(NodeKey.SinceAnnotation), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal, out var since)
            ? since
            : null;

    /// <summary>From 0 to 1, the same at every look.</summary>
    private static double Place(string key) =>
        key.Length >= SpreadDigits
        && int.TryParse(
            key.AsSpan(0, SpreadDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var digits)
            ? digits / (double)(1 << (4 * SpreadDigits))
            : 0;
}
