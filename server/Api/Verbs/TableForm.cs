using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;

namespace Edge.Server.Api.Verbs;

/// <summary>Objects as the rows that kubectl prints.</summary>
/// <param name="schema">Names the columns.</param>
/// <param name="includeObject">What a row carries beside its cells: None, Metadata (when empty) or Object.</param>
/// <param name="time">For ages.</param>
internal sealed class TableForm(ResourceSchema schema, string includeObject, TimeProvider time)
{
    public JsonObject Of(IEnumerable<JsonObject> items, JsonObject metadata, bool withColumns)
    {
        var now = time.GetUtcNow();
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = withColumns ? Columns() : null,
            ["rows"] = new JsonArray([.. items.Select(item => Row(item, now))]),
        };
    }

    private JsonArray Columns() => new([.. schema.Columns.Select(column => new JsonObject
    {
        ["name"] = column.Name,
        ["type"] = column.Type,
        ["format"] = column.Format,
        ["description"] = column.Description,
        ["priority"] = column.Priority,
    })]);

    private JsonObject Row(JsonObject item, DateTimeOffset now)
    {
        var row = new JsonObject { ["cells"] = TableRows.Cells(schema, item, now) };
        switch (includeObject)
        {
            case "None":
                break;
            case "Object":
                row["object"] = VersionConversion.FromStored(schema, item).DeepClone();
                break;
            case "" or "Metadata":
                row["object"] = new JsonObject
                {
                    ["kind"] = "PartialObjectMetadata",
                    ["apiVersion"] = "meta.k8s.io/v1",
                    ["metadata"] = item["metadata"]?.DeepClone(),
                };
                break;
            default:
                throw Errors.InvalidOptions("TableOptions", "includeObject", "FieldValueNotSupported",
                    $"Unsupported value: \"{includeObject}\": supported values: \"None\", \"Metadata\", \"Object\"");
        }

        return row;
    }
}
