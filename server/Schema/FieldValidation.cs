namespace Edge.Server.Schema;

/// <summary>What to do about unknown and duplicate fields (query parameter fieldValidation).</summary>
internal enum FieldValidation
{
    Ignore,
    Warn,
    Strict,
}
