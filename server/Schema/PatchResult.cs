using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>What came of applying a patch to an object.</summary>
internal abstract record PatchResult
{
    private PatchResult()
    {
    }

    /// <summary>A new tree; the original is untouched.</summary>
    internal sealed record Patched(JsonObject Object) : PatchResult
    {
        /// <summary>Paths that stand twice in the patch itself.</summary>
        public IReadOnlyList<string> Duplicates { get; init; } = [];
    }

    /// <summary>The patch cannot be read, or breaks a limit: 400 (413 when <c>TooLarge</c>).</summary>
    internal sealed record Malformed(string Message, bool TooLarge = false) : PatchResult;

    /// <summary>The patch reads well but does not fit this object: 422.</summary>
    internal sealed record Unprocessable(string Message) : PatchResult;
}
