using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>What came of applying a patch to an object.</summary>
internal abstract record PatchResult
{
    private PatchResult()
    {
    }

    /// <summary>A new tree; the original is untouched. <c>Duplicates</c> are what stands twice in the patch.</summary>
    internal sealed record Patched(JsonObject Object, IReadOnlyList<string> Duplicates) : PatchResult
    {
        public Patched(JsonObject made)
            : this(made, [])
        {
        }
    }

    /// <summary>The patch cannot be read, or breaks a limit: 400 (413 when <c>TooLarge</c>).</summary>
    internal sealed record Malformed(string Message, bool TooLarge = false) : PatchResult;

    /// <summary>The patch reads well but does not fit this object: 422.</summary>
    internal sealed record Unprocessable(string Message) : PatchResult;
}
