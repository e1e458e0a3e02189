using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;
using Edge.Tests.Support;

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
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "out.txt"), text), text);
    }

    private static string Root(string area) => Repository.Cases(area);
}
