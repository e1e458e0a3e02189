using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Proto.Model;

/// <summary>
/// Source-generated JSON for the kinds that both sides read. Nulls are not written; names are camelCase. Those that
/// only the server reads are in <see cref="WorkloadJson"/>: an agent's binary must not pay for them.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    // Without the fast path for writing: half the code, and our objects are small.
    GenerationMode = JsonSourceGenerationMode.Metadata,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(Pod))]
[JsonSerializable(typeof(ConfigMap))]
[JsonSerializable(typeof(Secret))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(CertificateSigningRequest))]
[JsonSerializable(typeof(PodReport))]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(NodeSettings))]
[JsonSerializable(typeof(LogStreamRequest))]
[JsonSerializable(typeof(PodStreamRequest))]
[JsonSerializable(typeof(NodeUsage))]
[JsonSerializable(typeof(NodeBudgets))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
public sealed partial class ModelJson : JsonSerializerContext
{
    /// <summary>
    /// As <c>Default</c>, but a field that no record knows is a <see cref="JsonException"/> naming it: an agent
    /// refuses a pod
    /// it does not fully understand.
    /// </summary>
    public static ModelJson Strict => s_strict ??=
        new(new JsonSerializerOptions(Default.Options)
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        });

    // Made on first use: static initializers of the generated part may run later than those here.
    private static ModelJson? s_strict;
}

/// <summary>Kubernetes' <c>Time</c>: RFC 3339, UTC, whole seconds (meta/v1 Time).</summary>
public sealed class TimeJson : JsonConverter<DateTimeOffset>
{
    /// <summary>Whole seconds, UTC (meta/v1 Time).</summary>
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    /// <exception cref="JsonException">The text is no time.</exception>
    internal static DateTimeOffset Parse(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new JsonException($"'{text}' is not a time");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Text(value));

    /// <summary>The form in which Kubernetes' objects hold a time.</summary>
    public static string Text(DateTimeOffset time)
    {
        var (second, known) = (time.UtcTicks / TimeSpan.TicksPerSecond, s_last);
        if (known.Second != second)
        {
            s_last = known = new Said(second, time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
        }

        return known.Text;
    }

    /// <summary>A server says the same second thousands of times.</summary>
    private static volatile Said s_last = new(-1, "");

    private sealed record Said(long Second, string Text);
}

/// <summary>Kubernetes' <c>MicroTime</c>: RFC 3339, UTC, six digits (meta/v1 MicroTime).</summary>
public sealed class MicroTimeJson : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null
            ? null
            : TimeJson.Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
        {
            writer.WriteStringValue(
                time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
