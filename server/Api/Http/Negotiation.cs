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
    private const string Served = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

    public static ObjectForm Form(string? accept)
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return ObjectForm.Full;
        }

        foreach (var clause in accept.Split(','))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0].ToLowerInvariant() is not (ResponseBody.Json or "*/*" or "application/*"))
            {
                continue;
            }

            switch (Parameter(parts, "as"), Parameter(parts, "v"))
            {
                case ("", _):
                    return ObjectForm.Full;
                case ("Table", "v1" or "v1beta1"):
                    return ObjectForm.Table;
                case ("PartialObjectMetadata" or "PartialObjectMetadataList", "v1" or "v1beta1"):
                    return ObjectForm.Metadata;
                default:
                    continue;
            }
        }

        throw Errors.NotAcceptable(Served);
    }

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
