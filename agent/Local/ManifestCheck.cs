using System.Text.Json.Nodes;
using Edge.Agent.Reconcile;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// Whether a node can run what a person wrote: names, references inside the pod, ranges. Each fault names its field, in
/// Kubernetes' words. What the server's schema would find beyond this makes the pod wait with a reason, as it does for
/// the kubelet's static pods. Pure.
/// </summary>
internal static class ManifestCheck
{
    private const int PortMax = 65535;
    private const int LabelMax = 63;
    private const int SubdomainMax = 253;

    private static ReadOnlySpan<char> LabelLetters => "abcdefghijklmnopqrstuvwxyz0123456789-";

    private static ReadOnlySpan<char> KeyLetters =>
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    public static IEnumerable<string> Faults(Pod pod) =>
        Names(pod.Metadata).Concat(Spec(pod)).Concat(Unsupported(pod));

    public static IEnumerable<string> Faults(ConfigMap map) =>
        Names(map.Metadata).Concat(Keys(map.Data?.Keys, "data")).Concat(Keys(map.BinaryData?.Keys, "binaryData"));

    public static IEnumerable<string> Faults(Secret secret) =>
        Names(secret.Metadata).Concat(Keys(secret.Data?.Keys, "data"))
            .Concat(Keys(secret.StringData?.Keys, "stringData"));

    /// <summary>The data of a secret with its <c>stringData</c>, which wins, as base64.</summary>
    public static JsonObject Data(Secret secret)
    {
        var data = new JsonObject();
        foreach (var (key, value) in secret.Data ?? new Dictionary<string, byte[]>())
        {
            data[key] = Convert.ToBase64String(value);
        }

        foreach (var (key, value) in secret.StringData ?? new Dictionary<string, string>())
        {
            data[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value));
        }

        return data;
    }

    private static IEnumerable<string> Names(ObjectMeta metadata)
    {
        if (string.IsNullOrEmpty(metadata.Name))
        {
            yield return "metadata.name: Required value: name is required";
        }
        else if (!IsSubdomain(metadata.Name))
        {
            yield return $"metadata.name: Invalid value: \"{metadata.Name}\": a lowercase RFC 1123 subdomain is needed";
        }

        if (!IsLabel(metadata.Namespace))
        {
            yield return $"metadata.namespace: Invalid value: \"{metadata.Namespace}\": a lowercase RFC 1123 label is "
                + "needed";
        }
    }

    private static IEnumerable<string> Keys(IEnumerable<string>? keys, string field)
    {
        foreach (var key in keys ?? [])
        {
            if (!IsKey(key))
            {
                yield return $"{field}[{key}]: Invalid value: a valid config key consists of alphanumeric characters, "
                    + "'-', '_' or '.'";
            }
        }
    }

    private static IEnumerable<string> Spec(Pod pod)
    {
        var spec = pod.Spec;
        if (spec.Containers.Count == 0)
        {
            yield return "spec.containers: Required value";
        }

        if (spec.RestartPolicy is not (null or "Always" or "OnFailure" or "Never"))
        {
            yield return $"spec.restartPolicy: Unsupported value: \"{spec.RestartPolicy}\": supported values: "
                + "\"Always\", \"OnFailure\", \"Never\"";
        }

        if (spec.TerminationGracePeriodSeconds < 0)
        {
            yield return "spec.terminationGracePeriodSeconds: Invalid value: must be greater than or equal to 0";
        }

        if (spec.RuntimeClassName is { Length: > 0 } runtimeClass && !RuntimeHandler.IsNvidia(runtimeClass))
        {
            // What others mean only the server knows, and their isolation is not to be had here.
            yield return $"spec.runtimeClassName: Forbidden: RuntimeClass \"{runtimeClass}\" not found";
        }

        if (spec.EphemeralContainers is { Count: > 0 })
        {
            yield return "spec.ephemeralContainers: Forbidden: cannot be set on create";
        }

        var volumes = new HashSet<string>();
        for (var i = 0; i < (spec.Volumes?.Count ?? 0); i++)
        {
            var name = spec.Volumes![i].Name;
            if (!IsLabel(name))
            {
                yield return $"spec.volumes[{i}].name: Invalid value: \"{name}\": a lowercase RFC 1123 label is needed";
            }
            else if (!volumes.Add(name))
            {
                yield return $"spec.volumes[{i}].name: Duplicate value: \"{name}\"";
            }
        }

        var names = new HashSet<string>();
        foreach (var fault in Containers("initContainers", spec.InitContainers, names, volumes)
            .Concat(Containers("containers", spec.Containers, names, volumes)))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Containers(
        string field, IReadOnlyList<Container>? containers, HashSet<string> names, HashSet<string> volumes)
    {
        for (var i = 0; i < (containers?.Count ?? 0); i++)
        {
            foreach (var fault in Container(containers![i], names, volumes))
            {
                yield return $"spec.{field}[{i}].{fault}";
            }
        }
    }

    private static IEnumerable<string> Container(Container container, HashSet<string> names, HashSet<string> volumes)
    {
        if (!IsLabel(container.Name))
        {
            yield return container.Name.Length == 0
                ? "name: Required value"
                : $"name: Invalid value: \"{container.Name}\": a lowercase RFC 1123 label is needed";
        }
        else if (!names.Add(container.Name))
        {
            yield return $"name: Duplicate value: \"{container.Name}\"";
        }

        if (string.IsNullOrEmpty(container.Image))
        {
            yield return "image: Required value";
        }

        if (container.ImagePullPolicy is not (null or "" or "Always" or "IfNotPresent" or "Never"))
        {
            yield return $"imagePullPolicy: Unsupported value: \"{container.ImagePullPolicy}\": supported values: "
                + "\"Always\", \"IfNotPresent\", \"Never\"";
        }

        for (var i = 0; i < (container.Ports?.Count ?? 0); i++)
        {
            var port = container.Ports![i];
            if (port.Number is < 1 or > PortMax || port.HostPort is < 0 or > PortMax)
            {
                yield return $"ports[{i}]: Invalid value: must be between 1 and 65535, inclusive";
            }

            if (port.Protocol is not (null or "TCP" or "UDP" or "SCTP"))
            {
                yield return $"ports[{i}].protocol: Unsupported value: \"{port.Protocol}\": supported values: "
                    + "\"SCTP\", \"TCP\", \"UDP\"";
            }
        }

        for (var i = 0; i < (container.VolumeMounts?.Count ?? 0); i++)
        {
            if (!volumes.Contains(container.VolumeMounts![i].Name))
            {
                yield return $"volumeMounts[{i}].name: Not found: \"{container.VolumeMounts[i].Name}\"";
            }
        }

        foreach (var (resource, request) in container.Resources?.Requests ?? new Dictionary<string, Quantity>())
        {
            if (container.Resources?.Limits is { } limits && limits.TryGetValue(resource, out var limit)
                && request > limit)
            {
                yield return $"resources.requests: Invalid value: \"{request}\": must be less than or equal to "
                    + $"{resource} limit of {limit}";
            }
        }
    }

    private static IEnumerable<string> Unsupported(Pod pod) =>
        PodSupport.Unsupported(pod) is { } refusal ? [$"spec: Forbidden: {refusal}"] : [];

    /// <summary>A DNS label (RFC 1123): a part of a name between dots.</summary>
    private static bool IsLabel(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= LabelMax && text[0] != '-' && text[^1] != '-'
        && text.IndexOfAnyExcept(LabelLetters) < 0;

    /// <summary>A DNS name (RFC 1123) of parts of any length, as Kubernetes has it.</summary>
    private static bool IsSubdomain(string text) =>
        text.Length is > 0 and <= SubdomainMax
        && Array.TrueForAll(text.Split('.'), part => part.Length > 0 && part[0] != '-' && part[^1] != '-'
            && part.AsSpan().IndexOfAnyExcept(LabelLetters) < 0);

    private static bool IsKey(string text) =>
        text.Length is > 0 and <= SubdomainMax && text is not ("." or "..")
        && text.AsSpan().IndexOfAnyExcept(KeyLetters) < 0;
}
