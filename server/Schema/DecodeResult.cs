using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>What came of reading a body: a pruned tree with warnings, or the text of a 400.</summary>
internal abstract record DecodeResult
{
    private DecodeResult()
    {
    }

    /// <summary>The tree holds only fields that the schema knows; each warning becomes one Warning header.</summary>
    internal sealed record Decoded(JsonObject Object, IReadOnlyList<string> Warnings) : DecodeResult;

    /// <summary>The body cannot be used; <c>Message</c> is the whole message of the Status.</summary>
    internal sealed record Failed(string Message) : DecodeResult;
}
