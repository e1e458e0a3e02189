namespace Edge.Tests.Support;

/// <summary>The checkout that the tests run in.</summary>
public static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>A folder of golden cases.</summary>
    public static string Cases(string below) => Path.Combine(Root, "tests", "Cases", below);

    private static string Find()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Edge.sln")))
        {
            at = at.Parent ?? throw new InvalidOperationException("the tests do not run inside the repository");
        }

        return at.FullName;
    }
}
