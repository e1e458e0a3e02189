namespace Edge.Server.Api.Http;

/// <summary>The shape in which a client wants objects.</summary>
internal enum ObjectForm
{
    /// <summary>Objects as they are.</summary>
    Full,

    /// <summary>Rows that kubectl prints.</summary>
    Table,

    /// <summary>Metadata alone, for garbage collectors and the like.</summary>
    Metadata,
}

/// <summary>Reads the Accept header; the first clause that can be served wins.</summary>
internal static class Negotiation
{
    public const string Yaml = "application/yaml";

    private const string Served = $"{ResponseBody.Json}, {Yaml}";

    /// <summary>The form, and the content type: what is JSON is YAML as well, so that one body is both.</summary>
    public static (ObjectForm Form, string Type) Of(string? accept)
    {
        if (string.IsNullOrWhiteSpace(accept) || accept == ResponseBody.Json)
        {
            return (ObjectForm.Full, ResponseBody.Json);
        }

        foreach (var clause in accept.Split(','))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            var type = parts[0].ToLowerInvariant() switch
            {
                ResponseBody.Json or "*/*" or "application/*" => ResponseBody.Json,
                Yaml => Yaml,
                _ => "",
            };
            if (type.Length > 0 && FormOf(Parameter(parts, "as"), Parameter(parts, "v")) is { } form)
            {
                return (form, type);
            }
        }

        throw Errors.NotAcceptable(Served);
    }

    private static ObjectForm? FormOf(string word, string version) => (word, version) switch
    {
        ("", _) => ObjectForm.Full,
        ("Table", "v1" or "v1beta1") => ObjectForm.Table,
        ("PartialObjectMetadata" or "PartialObjectMetadataList", "v1" or "v1beta1") => ObjectForm.Metadata,
        _ => null,
    };

    /// <summary>True when the client prefers the aggregated form of discovery.</summary>
    public static string? AggregatedDiscovery(string? accept)
    {
        foreach (var clause in (accept ?? "").Split(','))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] != ResponseBody.Json)
            {
                continue;
            }

            if (Parameter(parts, "as") is "")
            {
                return null;
            }

            if (Parameter(parts, "g") == "apidiscovery.k8s.io" && Parameter(parts, "as") == "APIGroupDiscoveryList"
                && Parameter(parts, "v") is "v2" or "v2beta1" && Parameter(parts, "profile").Length == 0)
            {
                return Parameter(parts, "v");
            }
        }

        return null;
    }

    private static string Parameter(string[] parts, string name) => parts.Skip(1)
        .Select(part => part.Split('=', 2))
        .FirstOrDefault(pair => pair[0] == name && pair.Length == 2)?[1] ?? "";
}
