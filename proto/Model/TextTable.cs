namespace Edge.Proto.Model;

/// <summary>Lines whose columns stand below each other, as kubectl sets them. Pure.</summary>
public static class TextTable
{
    private const int Gap = 3;

    /// <param name="rows">At least one; all have as many columns.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows)
    {
        var widths = new int[rows[0].Length];
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Length + Gap);
            }
        }

        foreach (var row in rows)
        {
            var line = "";
            for (var column = 0; column < row.Length; column++)
            {
                line += row[column].PadRight(widths[column]);
            }

            yield return line.TrimEnd();
        }
    }
}
