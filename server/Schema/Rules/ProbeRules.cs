using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Probes: exactly one way to ask, and a port that can be asked.</summary>
internal static class ProbeRules
{
    private static readonly string[] _probes = ["livenessProbe", "readinessProbe", "startupProbe"];
    private static readonly string[] _handlers = ["exec", "httpGet", "tcpSocket", "grpc"];

    public static void Check(JsonObject container, string path, FieldErrors errors)
    {
        foreach (var name in _probes)
        {
            if (container.Object(name) is { } probe)
            {
                Probe(probe, name, $"{path}.{name}", errors);
            }
        }
    }

    private static void Probe(JsonObject probe, string name, string path, FieldErrors errors)
    {
        var set = _handlers.Where(probe.ContainsKey).ToList();
        if (set.Count == 0)
        {
            errors.Required(path, "must specify a handler type");
        }

        foreach (var extra in set.Skip(1))
        {
            errors.Forbidden($"{path}.{extra}", "may not specify more than 1 handler type");
        }

        if (probe.Object("exec") is { } exec && exec.Items("command").Count == 0)
        {
            errors.Required($"{path}.exec.command");
        }

        foreach (var handler in set.Where(handler => handler is "httpGet" or "tcpSocket"))
        {
            Port(probe.Object(handler), $"{path}.{handler}.port", errors);
        }

        if (name != "readinessProbe" && probe.Number("successThreshold") is > 1)
        {
            errors.Invalid($"{path}.successThreshold", probe["successThreshold"], "must be 1");
        }

        if (name == "readinessProbe" && probe["terminationGracePeriodSeconds"] is { } grace)
        {
            errors.Invalid($"{path}.terminationGracePeriodSeconds", grace, "must not be set for readinessProbes");
        }
    }

    /// <summary>An IntOrString: a number of a port, or the name that a container port has.</summary>
    private static void Port(JsonObject? handler, string path, FieldErrors errors)
    {
        var value = handler?["port"];
        if (JsonTree.AsLong(value) is { } number)
        {
            if (number is < 1 or > 65535)
            {
                errors.Invalid(path, value, "must be between 1 and 65535, inclusive");
            }
        }
        else if (JsonTree.AsText(value) is { Length: > 0 } name)
        {
            errors.InvalidAll(path, value, FieldFormats.PortName(name));
        }
    }
}
