using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// Where a paged list goes on: after which key (below the list's prefix), and of which moment; revision 0 goes on with
/// the newest. Opaque to clients.
/// </summary>
internal sealed record ContinueToken(long Revision, string After)
{
    public override string ToString()
    {
        var json = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = Revision, ["start"] = After };
        return Base64Url.EncodeToString(ResponseBody.Bytes(json).Span);
    }

    public static ContinueToken Parse(string text)
    {
        try
        {
            var json = JsonNode.Parse(Base64Url.DecodeFromChars(text)) as JsonObject ?? [];
            return json["rv"] is JsonValue revision && json["start"] is JsonValue start
                ? new ContinueToken(revision.GetValue<long>(), start.GetValue<string>())
                : throw new FormatException("rv or start is missing");
        }
        catch (Exception fault) when (fault is FormatException or JsonException or InvalidOperationException
            // A key that stands twice.
            or ArgumentException)
        {
            throw Errors.BadRequest("continue key is not valid");
        }
    }
}
