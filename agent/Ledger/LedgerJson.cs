using System.Text.Json.Serialization;
using Edge.Proto.Model;

namespace Edge.Agent.Ledger;

/// <summary>How pod records are written; fields are only added, so that an older agent reads a newer ledger.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    Converters = [typeof(TimeJson)])]
[JsonSerializable(typeof(PodRecord))]
internal sealed partial class LedgerJson : JsonSerializerContext;
