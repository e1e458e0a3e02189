using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Bodies;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Schema;

/// <summary>
/// Golden cases of <c>tests/Cases/apply</c>; its README says how they are written. Each is also checked for
/// idempotence: whatever its last step applied changes nothing when it is applied again.
/// </summary>
public sealed class ApplyCases
{
    public static TheoryData<string> Cases() =>
        [.. Directory.GetDirectories(Root()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_answers_as_its_files_say(string name)
    {
        var world = new ApplyWorld();
        var steps = Steps(name);
        var said = string.Concat(steps.Select((step, at) => world.Write(step) is { Length: > 0 } text
            ? $"step {at + 1}: {text}" : ""));
        var shown = world.Show();
        Compare(name, said + shown);

        if (steps[^1].ContainsKey("apply"))
        {
            var again = world.Write(steps[^1]);
            Assert.Equal(said.EndsWith(again, StringComparison.Ordinal) ? again : "", again);
            Assert.Equal(shown, world.Show());
        }
    }

    private static void Compare(string name, string text) =>
        Assert.Equal(GoldenFile.Expected(Path.Combine(Root(), name, "out.txt"), text), text);

    private static List<JsonObject> Steps(string name)
    {
        var body = File.ReadAllBytes(Path.Combine(Root(), name, "in.yaml"));
        var steps = YamlTreeReader.Read(body).Tree.Objects("steps").Select(step => step.Copy()).ToList();
        Assert.NotEmpty(steps);
        return steps;
    }

    private static string Root() => Repository.Cases("apply");
}
