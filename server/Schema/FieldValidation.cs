namespace Edge.Server.Schema;

/// <summary>What a request asks to be done about unknown and duplicate fields (query parameter fieldValidation).</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}
