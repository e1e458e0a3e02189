namespace Edge.Tests.Support;

/// <summary>
/// Manifests as Kubernetes' documentation has them, of <c>tests/Cases/documentation</c>: each stands there once, for
/// all who show that it works.
/// </summary>
public static class Documentation
{
    private const string Separator = "---\n";

    private static readonly string _root = Repository.Cases("documentation");

    /// <summary>The names of all.</summary>
    public static IReadOnlyList<string> Names =>
        [.. Directory.GetFiles(_root, "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    /// <summary>The whole file.</summary>
    public static string Read(string name) => File.ReadAllText(Path.Combine(_root, name + ".yaml"));

    /// <summary>The workload alone, without what stands before it.</summary>
    public static string Workload(string name) => Read(name).Split(Separator)[^1];

    /// <summary>What the API warns of when the file is applied, one a line of the file beside it.</summary>
    public static IReadOnlyList<string> Warnings(string name)
    {
        var path = Path.Combine(_root, name + ".warnings");
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }
}
