using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// The answer of a watch: one JSON document a line. A client that leaves it unread for too long is cut, because what
/// waits for it (the changes in hand, the moment that it lists) holds memory.
/// </summary>
/// <param name="request">The watch.</param>
/// <param name="answer">How objects look.</param>
/// <param name="output">Takes whole lines.</param>
/// <param name="time">Measures the client's patience.</param>
internal sealed class EventStream(ApiRequest request, ObjectAnswer answer, PipeWriter output, TimeProvider time)
{
    /// <summary>
    /// How long a client may take nothing while its connection's buffers are full; a link that stalls for a moment
    /// recovers within, and a client that was cut goes on from where it was.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Held back at most while more is ready; about a TLS record.</summary>
    private const int FlushBytes = 16 * 1024;

    public static ReadOnlySpan<byte> Added => "{\"type\":\"ADDED\",\"object\":"u8;

    public static ReadOnlySpan<byte> Modified => "{\"type\":\"MODIFIED\",\"object\":"u8;

    public static ReadOnlySpan<byte> Deleted => "{\"type\":\"DELETED\",\"object\":"u8;

    private bool _first = true;

    /// <param name="start">One of the beginnings above.</param>
    /// <param name="stored">What it is about.</param>
    public void Event(ReadOnlySpan<byte> start, StoredObject stored)
    {
        output.Write(start);
        answer.WriteEvent(output, stored, _first);
        _first = false;
        output.Write("}\n"u8);
    }

    public void Bookmark(long revision, string? annotation)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString() };
        if (annotation is not null)
        {
            metadata["annotations"] = new JsonObject { [annotation] = "true" };
        }

        output.Write("{\"type\":\"BOOKMARK\",\"object\":"u8);
        ResponseBody.WriteNode(output, answer.Form switch
        {
            ObjectForm.Table => answer.Table([], metadata, withColumns: _first),
            // Who watches metadata can read nothing else.
            ObjectForm.Metadata => Empty("PartialObjectMetadata", "meta.k8s.io/v1", metadata),
            ObjectForm.Full => Empty(request.Schema.Kind, request.Schema.ApiVersion, metadata),
        });
        output.Write("}\n"u8);
    }

    public void Error(StatusException error)
    {
        output.Write("{\"type\":\"ERROR\",\"object\":"u8);
        ResponseBody.WriteNode(output, StatusBody.Failure(error));
        output.Write("}\n"u8);
    }

    public async Task Flush(CancellationToken ct)
    {
        var flush = output.FlushAsync(ct);
        if (!flush.IsCompleted)
        {
            using var patience = new CancellationTokenSource(Patience, time);
            await using var cut = patience.Token.UnsafeRegister(_ => request.Http.Abort(), null);
            await flush;
            return;
        }

        await flush;
    }

    public Task FlushIfLarge(CancellationToken ct) =>
        output.UnflushedBytes > FlushBytes ? Flush(ct) : Task.CompletedTask;

    private static JsonObject Empty(string kind, string version, JsonObject metadata) =>
        new() { ["kind"] = kind, ["apiVersion"] = version, ["metadata"] = metadata };
}
