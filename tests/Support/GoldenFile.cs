namespace Edge.Tests.Support;

/// <summary>
/// An answer that was read and judged once. With EDGE_WRITE_CASES=1 answers are written instead of compared, to be
/// read before they are committed.
/// </summary>
public static class GoldenFile
{
    public static bool Writing { get; } = Environment.GetEnvironmentVariable("EDGE_WRITE_CASES") == "1";

    /// <summary>What the file says that the answer is.</summary>
    /// <exception cref="InvalidOperationException">There is no such file; the message shows the answer.</exception>
    public static string Expected(string path, string answer)
    {
        if (Writing)
        {
            File.WriteAllText(path, answer);
        }

        return File.Exists(path)
            ? File.ReadAllText(path)
            : throw new InvalidOperationException($"{path} is not there; the answer is:\n{answer}");
    }
}
