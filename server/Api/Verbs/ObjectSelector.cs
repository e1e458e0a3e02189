using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Which objects a list, watch or collective delete is about: label and field selector together.</summary>
internal sealed class ObjectSelector
{
    private readonly LabelSelectorText _labels;
    private readonly FieldSelector? _fields;

    private ObjectSelector(LabelSelectorText labels, FieldSelector? fields) => (_labels, _fields) = (labels, fields);

    /// <summary>True when every object is meant, so that none needs to be read.</summary>
    public bool IsEverything => _labels.IsEmpty && _fields is null;

    public static ObjectSelector Of(ApiRequest request)
    {
        var labels = LabelSelectorText.Parse(request.Query.Text("labelSelector"));
        var text = request.Query.Text("fieldSelector");
        if (request.Path.Name.Length > 0)
        {
            // A watch of one object by its path is a watch by name.
            text = $"metadata.name={request.Path.Name}";
        }

        if (text.Length == 0)
        {
            return new ObjectSelector(labels, null);
        }

        return FieldSelector.Parse(request.Schema, text, out var message) is { } fields
            ? new ObjectSelector(labels, fields)
            : throw Errors.BadRequest(message);
    }

    public bool Matches(StoredObject stored)
    {
        if (IsEverything)
        {
            return true;
        }

        if (_fields?.Name is { } name && !stored.Key.AsSpan().EndsWith($"/{name}"))
        {
            return false;
        }

        var tree = ObjectBytes.Tree(stored.Value.Span)!.AsObject();
        return _labels.Matches(tree.Object("metadata").Object("labels")) && (_fields?.Matches(tree) ?? true);
    }
}
