using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>Server-side apply by the real kubectl: conflicts, force, moving on from client-side apply, diff.</summary>
[Collection(FleetTests.Name)]
public sealed class ApplyTests(Fleet fleet)
{
    private const string Managers = "{range .metadata.managedFields[*]}{.manager}/{.operation} {end}";

    private static string Map(string name, string data) =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {{{data}}}\n";

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task What_others_applied_is_changed_by_force_only(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"owned-{version.Replace('.', '-')}";
        string[] apply = ["apply", "--server-side", "-f", "-"];

        Assert.Equal($"configmap/{name} serverside-applied", await kubectl.DoWith(Map(name, "a: '1', b: '1'"), apply));
        var revision = await kubectl.Field($"configmap/{name}", ".metadata.resourceVersion");
        await kubectl.DoWith(Map(name, "a: '1', b: '1'"), apply);
        Assert.Equal(revision, await kubectl.Field($"configmap/{name}", ".metadata.resourceVersion"));

        string[] other = [.. apply, "--field-manager=other"];
        var refused = (await kubectl.TryWith(Map(name, "a: '2', c: '1'"), other)).Failed();
        Assert.Contains("Apply failed with 1 conflict: conflict with \"kubectl\": .data.a", refused);
        Assert.Contains("--force-conflicts", refused);
        await kubectl.DoWith(Map(name, "a: '2', c: '1'"), [.. other, "--force-conflicts"]);
        Assert.Equal("2", await kubectl.Field($"configmap/{name}", ".data.a"));

        await kubectl.DoWith(Map(name, "b: '2'"), apply);
        Assert.Equal("{\"a\":\"2\",\"b\":\"2\",\"c\":\"1\"}", await kubectl.Field($"configmap/{name}", ".data"));
        await kubectl.DoWith(Map(name, "c: '1'"), other);
        Assert.Equal("{\"b\":\"2\",\"c\":\"1\"}", await kubectl.Field($"configmap/{name}", ".data"));
        Assert.Contains("managedFields", await kubectl.Do(
            "get", "configmap", name, "-o", "yaml", "--show-managed-fields"));
        await kubectl.Do("delete", "configmap", name);
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Client_side_apply_moves_on_to_server_side_apply(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"moved-{version.Replace('.', '-')}";

        await kubectl.Apply(Map(name, "a: '1', b: '1', c: '1'"));
        Assert.Equal("kubectl-client-side-apply/Update", await Owners(kubectl, name));
        await kubectl.DoWith(Map(name, "a: '2', b: '1', c: '1'"), "apply", "--server-side", "-f", "-");
        Assert.DoesNotContain("client-side", await Owners(kubectl, name));
        Assert.Contains("kubectl/Apply", await Owners(kubectl, name));
        await kubectl.DoWith(Map(name, "a: '2'"), "apply", "--server-side", "-f", "-");
        Assert.Equal("{\"a\":\"2\"}", await kubectl.Field($"configmap/{name}", ".data"));

        // And back: what was applied last is known to client-side apply as well.
        await kubectl.Apply(Map(name, "b: '1'"));
        Assert.Equal("{\"b\":\"1\"}", await kubectl.Field($"configmap/{name}", ".data"));
        await kubectl.Do("delete", "configmap", name);
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task A_diff_shows_what_an_apply_would_change(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"differs-{version.Replace('.', '-')}";
        string[] diff = ["diff", "--server-side", "-f", "-"];

        await kubectl.DoWith(Map(name, "a: '1'"), "apply", "--server-side", "-f", "-");
        Assert.Equal("", await kubectl.DoWith(Map(name, "a: '1'"), diff));
        var shown = await kubectl.TryWith(Map(name, "a: '2'"), diff);
        Assert.Equal(1, shown.ExitCode);
        Assert.Contains("+  a: \"2\"", shown.All);
        Assert.Equal("1", await kubectl.Field($"configmap/{name}", ".data.a"));
        Assert.Contains("serverside-applied (server dry run)", await kubectl.DoWith(
            Map(name, "a: '2'"), "apply", "--server-side", "--dry-run=server", "-f", "-"));
        await kubectl.Do("delete", "configmap", name);
    }

    private static Task<string> Owners(Kubectl kubectl, string name) =>
        kubectl.Do("get", "configmap", name, "-o", $"jsonpath={Managers}", "--show-managed-fields");
}
