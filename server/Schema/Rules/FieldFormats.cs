namespace Edge.Server.Schema;

/// <summary>The named text checks of field descriptions (flag <c>format=</c>).</summary>
internal static class FieldFormats
{
}
