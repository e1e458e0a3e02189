using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Proto.Model;

/// <summary>A number or a name, such as a probe's port (apimachinery intstr.IntOrString).</summary>
[JsonConverter(typeof(IntOrStringJson))]
public readonly record struct IntOrString(int Number, string? Name)
{
    public bool IsName => Name is not null;

    public override string ToString() => Name ?? Number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Writes a number as a number and a name as a string, so that the kind of the value survives.</summary>
public sealed class IntOrStringJson : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number
            ? new IntOrString(reader.GetInt32(), null)
            : new IntOrString(0, reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Name is { } name)
        {
            writer.WriteStringValue(name);
        }
        else
        {
            writer.WriteNumberValue(value.Number);
        }
    }
}
