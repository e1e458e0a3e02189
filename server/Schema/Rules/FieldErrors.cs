using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Collects causes; each method writes Kubernetes' text for its reason.</summary>
internal sealed class FieldErrors
{
    /// <summary>Of one object; nobody reads more, and a body could ask for a fault in each of its letters.</summary>
    private const int FaultsMax = 1000;

    /// <summary>Of all texts together: each may show a value, which may be the whole body.</summary>
    private const int LettersMax = 256 * 1024;

    private readonly List<FieldError> _errors = [];
    private int _letters;

    public IReadOnlyList<FieldError> All => _errors;

    public void Required(string path, string detail = "") =>
        Add(path, "FieldValueRequired", detail.Length == 0 ? "Required value" : $"Required value: {detail}");

    public void Invalid(string path, JsonNode? value, string detail) =>
        Add(path, "FieldValueInvalid", $"Invalid value: {Show(value)}: {detail}");

    /// <summary>An Invalid that does not show the value.</summary>
    public void InvalidWhole(string path, string detail) => Add(path, "FieldValueInvalid", $"Invalid value: {detail}");

    public void NotSupported(string path, JsonNode? value, IEnumerable<string> allowed) =>
        NotSupportedInOrder(path, value, allowed.Order(StringComparer.Ordinal));

    /// <summary>For the lists that upstream prints in its own order.</summary>
    public void NotSupportedInOrder(string path, JsonNode? value, IEnumerable<string> allowed)
    {
        var words = string.Join(", ", allowed.Select(word => $"\"{word}\""));
        Add(path, "FieldValueNotSupported", $"Unsupported value: {Show(value)}: supported values: {words}");
    }

    public void Forbidden(string path, string detail) => Add(path, "FieldValueForbidden", $"Forbidden: {detail}");

    public void Duplicate(string path, JsonNode? value) =>
        Add(path, "FieldValueDuplicate", $"Duplicate value: {Show(value)}");

    public void NotFound(string path, JsonNode? value) => Add(path, "FieldValueNotFound", $"Not found: {Show(value)}");

    public void TooLong(string path, int bytes) =>
        Add(path, "FieldValueTooLong", $"Too long: may not be more than {bytes} bytes");

    public void TooMany(string path, int count, int max) =>
        Add(path, "FieldValueTooMany", $"Too many: {count}: must have at most {max} items");

    public void Immutable(string path, JsonNode? value, JsonNode? old)
    {
        if (!JsonTree.Same(value, old))
        {
            Invalid(path, value, "field is immutable");
        }
    }

    /// <summary>One Invalid for each message of a format check.</summary>
    public void InvalidAll(string path, JsonNode? value, IEnumerable<string> details)
    {
        foreach (var detail in details)
        {
            Invalid(path, value, detail);
        }
    }

    private bool IsFull => _errors.Count >= FaultsMax || _letters >= LettersMax;

    private void Add(string path, string reason, string message)
    {
        if (!IsFull)
        {
            _errors.Add(new FieldError(path, reason, message));
            _letters += path.Length + message.Length;
        }
    }

    /// <summary>Values as Go prints them in these messages: texts quoted, the rest as JSON.</summary>
    private string Show(JsonNode? value) => IsFull ? ""
        : value is null ? "null"
        : value.GetValueKind() == JsonValueKind.String ? $"\"{JsonTree.AsText(value)}\""
        : value.ToJsonString();
}
