using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;

namespace Edge.Tests.Server.Control;

/// <summary>
/// Golden cases of a controller: a folder with <c>in.yaml</c>, and the plan's answer in <c>out.txt</c>. With
/// EDGE_WRITE_CASES=1 the answers are written instead of compared, to be read before they are committed.
/// </summary>
internal static class PlanCases
{
    public static TheoryData<string> Of(string area) =>
        [.. Directory.GetDirectories(Root(area)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static void Check(string area, string name, Func<JsonObject, string> answer)
    {
        var folder = Path.Combine(Root(area), name);
        var (input, _) = YamlTreeReader.Read(File.ReadAllBytes(Path.Combine(folder, "in.yaml")));
        var text = answer(input!.AsObject());
        var path = Path.Combine(folder, "out.txt");
        if (Environment.GetEnvironmentVariable("EDGE_WRITE_CASES") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{name} has no out.txt; the answer is:\n{text}");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string Root(string area)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Edge.sln")))
        {
            at = at.Parent ?? throw new InvalidOperationException("the tests do not run inside the repository");
        }

        return Path.Combine(at.FullName, "tests", "Cases", area);
    }
}
