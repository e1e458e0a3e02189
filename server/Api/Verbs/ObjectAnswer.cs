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

    public static ObjectAnswer For(ApiRequest request, TimeProvider time) => new(
        request.Schema, Negotiation.Form(request.Http.Request.Headers.Accept),
        request.Query.Text("includeObject"), time);

    public Task Write(ApiRequest request, int code, StoredObject stored) => form == ObjectForm.Full
        ? ResponseBody.Write(request.Response, code, ObjectBytes.WithRevision(stored))
        : ResponseBody.Write(request.Response, code, Shape(ObjectBytes.Read(stored), withColumns: true));

    public Task Write(ApiRequest request, int code, JsonObject obj) =>
        ResponseBody.Write(request.Response, code, form == ObjectForm.Full ? obj : Shape(obj, withColumns: true));

    /// <summary>The object as one event of a watch carries it.</summary>
    public void WriteEvent(IBufferWriter<byte> output, StoredObject stored, bool first)
    {
        if (form == ObjectForm.Full)
        {
            ObjectBytes.WriteWithRevision(output, stored);
            return;
        }

        ResponseBody.WriteNode(output, Shape(ObjectBytes.Read(stored), first));
    }

    /// <summary>One line of a list in metadata form.</summary>
    public static JsonObject Partial(JsonObject obj) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = obj["metadata"]?.DeepClone(),
    };

    public JsonObject Table(IEnumerable<JsonObject> items, JsonObject metadata, bool withColumns = true) =>
        _table.Of(items, metadata, withColumns);

    private JsonObject Shape(JsonObject obj, bool withColumns) => form switch
    {
        ObjectForm.Full => obj,
        ObjectForm.Metadata => Partial(obj),
        ObjectForm.Table => _table.Of(
            [obj], new JsonObject { ["resourceVersion"] = obj["metadata"]?["resourceVersion"]?.DeepClone() },
            withColumns),
    };
}
