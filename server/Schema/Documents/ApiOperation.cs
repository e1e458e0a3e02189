namespace Edge.Server.Schema.Documents;

/// <summary>One query parameter; <c>Type</c> is string, boolean or integer.</summary>
internal sealed record ApiParameter(string Name, string Type, string Description);

/// <summary>One method on one path, as both documents tell it.</summary>
/// <param name="Method">get, put, post, patch or delete.</param>
/// <param name="Action">Kubernetes' word for it (x-kubernetes-action).</param>
/// <param name="Id">A name of its own in the document.</param>
/// <param name="Kind">The object that it is about.</param>
/// <param name="Body">Name of the schema of the body; empty for none.</param>
/// <param name="Answer">Name of the schema of the answer; empty for text.</param>
/// <param name="Codes">The codes of success.</param>
/// <param name="Query">The query parameters.</param>
internal sealed record ApiOperation(
    string Method, string Action, string Id, (string Group, string Version, string Kind) Kind, string Body,
    string Answer, IReadOnlyList<int> Codes, IReadOnlyList<ApiParameter> Query)
{
    public const string PatchSchema = $"{TypeLibrary.MetaPackage}.Patch";

    /// <summary>The content types of a PATCH.</summary>
    public static IReadOnlyList<string> PatchTypes { get; } =
    [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ];
}

/// <summary>A path with the parameters in it and its methods.</summary>
internal sealed record ApiPath(string Path, IReadOnlyList<string> Names, IReadOnlyList<ApiOperation> Operations);
