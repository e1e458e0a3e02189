using System.Buffers;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Lists: pages of one moment, selectors, in any form.</summary>
internal sealed class ListVerb(VerbParts parts)
{
    /// <summary>Of a long list; a few TLS records.</summary>
    private const int PieceBytes = 64 * 1024;

    public async Task Run(ApiRequest request)
    {
        var page = Read(request);
        var answer = ObjectAnswer.For(request, parts.Time);
        var metadata = Metadata(page);
        if (answer.Form == ObjectForm.Table)
        {
            var table = answer.Table(page.Items.Select(ObjectBytes.Read), metadata);
            await ResponseBody.Write(request.Response, 200, table);
            return;
        }

        var (kind, version) = answer.Form == ObjectForm.Metadata
            ? ("PartialObjectMetadataList", "meta.k8s.io/v1")
            : (request.Schema.ListKind, request.Schema.ApiVersion);
        var body = new ArrayBufferWriter<byte>(PieceBytes + PieceBytes / 4);
        body.Write("{\"kind\":\""u8);
        body.Write(System.Text.Encoding.UTF8.GetBytes($"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":"));
        ResponseBody.WriteNode(body, metadata);
        body.Write(",\"items\":["u8);
        var inPieces = ResponseBody.CanBeSentInPieces(request.Http.Request);
        for (var i = 0; i < page.Items.Count; i++)
        {
            if (i > 0)
            {
                body.Write(","u8);
            }

            answer.WriteItem(body, page.Items[i]);
            if (inPieces && body.WrittenCount > PieceBytes)
            {
                // What is sent already is read while the rest is written, and none of it is held twice.
                await request.Response.Body.WriteAsync(body.WrittenMemory, request.Ct);
                body.ResetWrittenCount();
            }
        }

        body.Write("]}"u8);
        await (request.Response.HasStarted
            ? request.Response.Body.WriteAsync(body.WrittenMemory, request.Ct).AsTask()
            : ResponseBody.Write(request.Response, 200, body.WrittenMemory));
    }

    private sealed record Page(
        long Revision, IReadOnlyList<StoredObject> Items, ContinueToken? Next, long? Remaining);

    private Page Read(ApiRequest request)
    {
        Check(request);
        var selector = ObjectSelector.Of(request);
        var limit = request.Query.Number("limit") ?? 0;
        var token = request.Query.Text("continue") is { Length: > 0 } text ? ContinueToken.Parse(text) : null;
        var snapshot = Moment(token) ?? Exact(request.Query) ?? parts.Store.Current;
        var after = token is null ? "" : request.Prefix + token.After;
        if (limit <= 0)
        {
            return new Page(snapshot.Revision,
                snapshot.Range(request.Prefix, after).Where(selector.Matches).ToList(), null, null);
        }

        var items = new List<StoredObject>();
        foreach (var item in snapshot.Range(request.Prefix, after).Where(selector.Matches))
        {
            if (items.Count == limit)
            {
                return Cut(request, snapshot, items, selector);
            }

            items.Add(item);
        }

        return new Page(snapshot.Revision, items, null, null);
    }

    private Page Cut(ApiRequest request, StoreSnapshot snapshot, List<StoredObject> items, ObjectSelector selector)
    {
        parts.Pins.Pin(snapshot);
        var last = items[^1].Key;
        // With a selector the rest would have to be read to be counted; upstream leaves the number out too.
        long? remaining = selector.IsEverything ? snapshot.CountAfter(request.Prefix, last) : null;
        return new Page(snapshot.Revision, items,
            new ContinueToken(snapshot.Revision, last[request.Prefix.Length..]), remaining);
    }

    /// <summary>
    /// The moment that a continued list reads; null for a list that begins, or goes on with the newest.
    /// </summary>
    private StoreSnapshot? Moment(ContinueToken? token)
    {
        if (token is null || token.Revision == 0)
        {
            return null;
        }

        return parts.Pins.Find(token.Revision) ?? throw Errors.Expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
            + "without the continue parameter, or use the continue token in this response to retrieve the remainder "
            + "of the results.", (token with { Revision = 0 }).ToString());
    }

    private StoreSnapshot? Exact(RequestQuery query) =>
        query.Text("resourceVersionMatch") == "Exact" ? parts.Pins.Find(query.ResourceVersion() ?? 0) : null;

    private void Check(ApiRequest request)
    {
        var query = request.Query;
        if (query.Has("sendInitialEvents"))
        {
            throw Errors.InvalidOptions("ListOptions", "sendInitialEvents", "FieldValueForbidden",
                "Forbidden: sendInitialEvents is forbidden for list");
        }

        var revision = query.ResourceVersion();
        if (revision > 0 && query.Text("continue").Length > 0)
        {
            throw Errors.BadRequest("specifying resource version is not allowed when using continue");
        }

        var match = query.Text("resourceVersionMatch");
        if (match.Length > 0)
        {
            CheckMatch(match, revision, query.Text("continue").Length > 0);
        }

        if (revision > parts.Store.Revision)
        {
            throw Errors.FutureRevision(revision.Value, parts.Store.Revision);
        }

        // Any other past moment is gone; saying so is honest, answering with the newest would not be.
        if (match == "Exact" && revision != parts.Store.Revision && parts.Pins.Find(revision!.Value) is null)
        {
            throw Errors.Expired($"The resourceVersion for the provided list is too old: {revision}");
        }
    }

    private static void CheckMatch(string match, long? revision, bool continues)
    {
        if (match is not ("Exact" or "NotOlderThan"))
        {
            throw Forbidden("FieldValueNotSupported",
                $"Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\"");
        }

        if (revision is null)
        {
            throw Forbidden("FieldValueForbidden",
                "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        }

        if (continues)
        {
            throw Forbidden("FieldValueForbidden",
                "Forbidden: resourceVersionMatch is forbidden when continue is provided");
        }

        if (match == "Exact" && revision == 0)
        {
            throw Forbidden("FieldValueForbidden",
                "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
        }

        static StatusException Forbidden(string reason, string message) =>
            Errors.InvalidOptions("ListOptions", "resourceVersionMatch", reason, message);
    }

    private static JsonObject Metadata(Page page)
    {
        var metadata = new JsonObject { ["resourceVersion"] = page.Revision.ToString() };
        if (page.Next is { } next)
        {
            metadata["continue"] = next.ToString();
        }

        if (page.Remaining is { } remaining)
        {
            metadata["remainingItemCount"] = remaining;
        }

        return metadata;
    }
}
