using Edge.Proto.Model;

namespace Edge.Server.Access;

/// <summary>
/// Whether a device with another key may take the name of a node that is enrolled: only where an annotation of the Node
/// says so, which no device can write. A bootstrap token alone never takes a name.
/// </summary>
internal static class Reenrolment
{
    public const string Annotation = "edge/allow-reenrolment";

    /// <summary>The next device that asks; the annotation goes with its certificate.</summary>
    public const string Once = "once";

    /// <summary>Every time, such as for devices that are flashed anew by their nightly job.</summary>
    public const string Always = "always";

    public static bool IsAllowed(Node? node) =>
        node?.Metadata.Annotations?.GetValueOrDefault(Annotation) is Once or Always;

    /// <summary>What a person can do about a refusal, as the device's log shows it.</summary>
    public static string Hint(string node) =>
        $"to let this device take the name: kubectl annotate node {node} {Annotation}={Once}";
}
