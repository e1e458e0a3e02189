using System.Buffers;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Brings one object into the form that the client asked for.</summary>
internal sealed class ObjectAnswer(ResourceSchema schema, ObjectForm form, string includeObject, TimeProvider time)
{
    private readonly TableForm _table = new(schema, includeObject, time);

    public ObjectForm Form => form;

    public static ObjectAnswer For(ApiRequest request, TimeProvider time) => For(request, request.Schema, time);

    /// <param name="request">Says in which form it wants to be answered.</param>
    /// <param name="schema">Of the object that is answered.</param>
    /// <param name="time">For ages.</param>
    public static ObjectAnswer For(ApiRequest request, ResourceSchema schema, TimeProvider time)
    {
        var (form, type) = Negotiation.Of(request.Http.Request.Headers.Accept);
        request.Response.ContentType = type;
        return new ObjectAnswer(schema, form, request.Query.Text("includeObject"), time);
    }

    /// <summary>Kept as it is answered, so that its bytes need not be read.</summary>
    private bool IsAsStored => form == ObjectForm.Full && schema.IsStored;

    public Task Write(ApiRequest request, int code, StoredObject stored) => IsAsStored
        ? ResponseBody.Write(request.Response, code, stored)
        : ResponseBody.Write(request.Response, code, Shape(ObjectBytes.Read(stored), withColumns: true));

    /// <summary>Answers an object that is given in the version that is kept.</summary>
    public Task Write(ApiRequest request, int code, JsonObject obj) =>
        ResponseBody.Write(request.Response, code, Shape(obj, withColumns: true));

    /// <summary>The object as one of a list; not for tables.</summary>
    public void WriteItem(IBufferWriter<byte> output, StoredObject stored) => WriteEvent(output, stored, first: false);

    /// <summary>The object as one event of a watch carries it.</summary>
    public void WriteEvent(IBufferWriter<byte> output, StoredObject stored, bool first)
    {
        if (IsAsStored)
        {
            ObjectBytes.WriteWithRevision(output, stored);
            return;
        }

        ResponseBody.WriteNode(output, Shape(ObjectBytes.Read(stored), first));
    }

    private static JsonObject Partial(JsonObject obj) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = obj["metadata"]?.DeepClone(),
    };

    /// <summary>A list of objects that are not stored, in the form that was asked for.</summary>
    public JsonObject List(IReadOnlyList<JsonObject> items)
    {
        var metadata = new JsonObject();
        return form switch
        {
            ObjectForm.Full => ListOf(schema.ListKind, schema.ApiVersion, metadata, items),
            ObjectForm.Metadata =>
                ListOf("PartialObjectMetadataList", "meta.k8s.io/v1", metadata, items.Select(Partial)),
            ObjectForm.Table => Table(items, metadata),
        };
    }

    public JsonObject Table(IEnumerable<JsonObject> items, JsonObject metadata, bool withColumns = true) =>
        _table.Of(items, metadata, withColumns);

    private static JsonObject ListOf(
        string kind, string version, JsonObject metadata, IEnumerable<JsonObject> items) => new()
    {
        ["kind"] = kind,
        ["apiVersion"] = version,
        ["metadata"] = metadata,
        ["items"] = new JsonArray([.. items]),
    };

    private JsonObject Shape(JsonObject obj, bool withColumns) => form switch
    {
        ObjectForm.Full => VersionConversion.FromStored(schema, obj),
        ObjectForm.Metadata => Partial(VersionConversion.FromStored(schema, obj)),
        ObjectForm.Table => _table.Of(
            [obj], new JsonObject { ["resourceVersion"] = obj["metadata"]?["resourceVersion"]?.DeepClone() },
            withColumns),
    };
}
