using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Ingress and IngressClass: hosts, paths, and where they lead (networking/v1).</summary>
internal static class IngressRules
{
    /// <summary>The older way to name the class.</summary>
    private const string ClassNote = "kubernetes.io/ingress.class";

    private const int MaxController = 250;

    private static readonly string[] s_pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
    private static readonly string[] s_scopes = ["Cluster", "Namespace"];
    private static readonly string[] s_sequences = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] s_suffixes = ["/..", "/."];

    public static void Check(JsonObject ingress, JsonObject? old, FieldErrors errors)
    {
        var spec = ingress.Object("spec") ?? [];
        var note = ingress.Object("metadata").Object("annotations")?[ClassNote];
        var name = spec["ingressClassName"];
        if (old is null && note is not null && name is not null && !JsonTree.Same(note, name))
        {
            errors.Invalid($"metadata.annotations[{ClassNote}]", note,
                "must match `ingressClassName` when both are specified");
        }

        if (spec.Items("rules").Count == 0 && spec.Object("defaultBackend") is null)
        {
            errors.Invalid("spec", spec["rules"], "either `defaultBackend` or `rules` must be specified");
        }

        if (spec.Object("defaultBackend") is { } backend)
        {
            Backend(backend, "spec.defaultBackend", errors);
        }

        var at = 0;
        foreach (var rule in spec.Objects("rules"))
        {
            Rule(rule, $"spec.rules[{at++}]", errors);
        }

        Certificates(spec, errors);
        if (name is not null)
        {
            errors.InvalidAll("spec.ingressClassName", name, Names.Subdomain(spec.Text("ingressClassName")));
        }
    }

    public static void Class(JsonObject kind, JsonObject? old, FieldErrors errors)
    {
        var spec = kind.Object("spec") ?? [];
        if (old is not null)
        {
            errors.Immutable("spec.controller", spec["controller"], old.Object("spec")?["controller"]);
        }

        if (spec.Text("controller").Length > MaxController)
        {
            errors.TooLong("spec.controller", MaxController);
        }

        Controller(spec.Text("controller"), errors);
        if (spec.Object("parameters") is { } parameters)
        {
            Parameters(parameters, "spec.parameters", errors);
        }
    }

    private static void Rule(JsonObject rule, string path, FieldErrors errors)
    {
        var host = rule.Text("host");
        if (host.Length > 0)
        {
            if (AddressRules.Parse(host) is not null)
            {
                errors.Invalid($"{path}.host", host, "must be a DNS name, not an IP address");
            }

            errors.InvalidAll($"{path}.host", host, Host(host));
        }

        if (rule.Object("http") is not { } http)
        {
            return;
        }

        if (http.Items("paths").Count == 0)
        {
            errors.Required($"{path}.http.paths");
        }

        var at = 0;
        foreach (var entry in http.Objects("paths"))
        {
            var inner = $"{path}.http.paths[{at++}]";
            Path(entry, inner, errors);
            Backend(entry.Object("backend") ?? [], $"{inner}.backend", errors);
        }
    }

    private static IEnumerable<string> Host(string host) =>
        host.Contains('*', StringComparison.Ordinal) ? Names.Wildcard(host) : Names.Subdomain(host);

    private static void Path(JsonObject entry, string path, FieldErrors errors)
    {
        var text = entry.Text("path");
        switch (entry["pathType"])
        {
            case null:
                errors.Required($"{path}.pathType", "pathType must be specified");
                return;
            case { } type when !s_pathTypes.Contains(JsonTree.AsText(type)):
                errors.NotSupported($"{path}.pathType", type, s_pathTypes);
                return;
            case { } type when !text.StartsWith('/')
                && (text.Length > 0 || JsonTree.AsText(type) != "ImplementationSpecific"):
                errors.Invalid($"{path}.path", text, "must be an absolute path");
                break;
        }

        if (entry.Text("pathType") == "ImplementationSpecific")
        {
            return;
        }

        foreach (var part in s_sequences.Where(part => text.Contains(part, StringComparison.Ordinal)))
        {
            errors.Invalid($"{path}.path", text, $"must not contain '{part}'");
        }

        foreach (var part in s_suffixes.Where(part => text.EndsWith(part, StringComparison.Ordinal)))
        {
            errors.Invalid($"{path}.path", text, $"cannot end with '{part}'");
        }
    }

    private static void Backend(JsonObject backend, string path, FieldErrors errors)
    {
        switch (backend.Object("service"), backend.Object("resource"))
        {
            case (not null, not null):
                errors.Invalid(path, "", "cannot set both resource and service backends");
                break;
            case (null, { } resource):
                Reference(resource, $"{path}.resource", errors);
                break;
            case ({ } service, null):
                Service(service, path, errors);
                break;
            default:
                errors.Invalid(path, "", "resource or service backend is required");
                break;
        }
    }

    private static void Service(JsonObject service, string path, FieldErrors errors)
    {
        if (service.Text("name") is { Length: > 0 } name)
        {
            errors.InvalidAll($"{path}.service.name", name, Names.OldLabel(name));
        }
        else
        {
            errors.Required($"{path}.service.name");
        }

        var port = service.Object("port");
        var (word, number) = (port.Text("name"), port.Number("number") ?? 0);
        if (word.Length > 0 && number != 0)
        {
            errors.Invalid(path, "", "cannot set both port name & port number");
        }
        else if (word.Length > 0)
        {
            errors.InvalidAll($"{path}.service.port.name", word, FieldFormats.PortName(word));
        }
        else if (number != 0)
        {
            AddressRules.Port(number, $"{path}.service.port.number", errors);
        }
        else
        {
            errors.Required(path, "port name or number is required");
        }
    }

    private static void Reference(JsonObject reference, string path, FieldErrors errors)
    {
        if (reference["apiGroup"] is { } group)
        {
            errors.InvalidAll($"{path}.apiGroup", group, Names.Subdomain(reference.Text("apiGroup")));
        }

        foreach (var field in (string[])["kind", "name"])
        {
            // That they are there, the description says.
            errors.InvalidAll($"{path}.{field}", reference[field], Names.PathSegment(reference.Text(field)));
        }
    }

    private static void Certificates(JsonObject spec, FieldErrors errors)
    {
        var at = 0;
        foreach (var entry in spec.Objects("tls"))
        {
            var path = $"spec.tls[{at++}]";
            var hosts = entry.Items("hosts");
            for (var host = 0; host < hosts.Count; host++)
            {
                errors.InvalidAll($"{path}.hosts[{host}]", hosts[host], Host(JsonTree.AsText(hosts[host]) ?? ""));
            }

            if (entry.Text("secretName") is { Length: > 0 } secret)
            {
                errors.InvalidAll($"{path}.secretName", secret, Names.Subdomain(secret));
            }
        }
    }

    private static void Controller(string text, FieldErrors errors)
    {
        const string path = "spec.controller";
        if (text.Length == 0)
        {
            errors.Required(path);
            return;
        }

        if (text.Split('/', 2) is not [{ Length: > 0 } domain, { Length: > 0 }])
        {
            errors.Invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
            return;
        }

        errors.InvalidAll(path, domain, Names.Subdomain(domain));
    }

    private static void Parameters(JsonObject parameters, string path, FieldErrors errors)
    {
        if (parameters["apiGroup"] is { } group)
        {
            errors.InvalidAll($"{path}.apiGroup", group, Names.Subdomain(parameters.Text("apiGroup")));
        }

        foreach (var field in (string[])["kind", "name"])
        {
            if (parameters.Text(field) is { Length: > 0 } word)
            {
                errors.InvalidAll($"{path}.{field}", word, Names.PathSegment(word));
            }
            else
            {
                errors.Required($"{path}.{field}");
            }
        }

        var (scope, ns) = (parameters.Text("scope"), parameters["namespace"]);
        if (!s_scopes.Contains(scope))
        {
            errors.NotSupported($"{path}.scope", scope, s_scopes);
        }
        else if (scope == "Cluster" && ns is not null)
        {
            errors.Forbidden($"{path}.namespace", "`parameters.scope` is set to 'Cluster'");
        }
        else if (scope == "Namespace" && JsonTree.AsText(ns) is null or "")
        {
            errors.Required($"{path}.namespace", "`parameters.scope` is set to 'Namespace'");
        }
        else if (ns is not null)
        {
            errors.InvalidAll($"{path}.namespace", ns, Names.Label(parameters.Text("namespace")));
        }
    }
}
