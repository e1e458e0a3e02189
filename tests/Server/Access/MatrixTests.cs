using System.Text;
using Edge.Server.Access;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Access;

/// <summary>
/// Every default role by every verb and everything that any of them names: <c>tests/Cases/access</c> lists what each
/// allows, and whatever is not on its list is refused. With EDGE_WRITE_CASES=1 the lists are written instead.
/// </summary>
public sealed class MatrixTests : IAsyncLifetime
{
    private static readonly string[] s_verbs =
    [
        "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "impersonate", "bind",
        "escalate", "approve", "sign", "proxy", "odd",
    ];

    /// <summary>What no role names, and most must not give.</summary>
    private static readonly (string Group, string Resource)[] s_others =
    [
        ("", "users"), ("", "groups"), ("", "pods/ephemeralcontainers"), ("", "nodes/other"), ("", "persistentvolumes"),
        ("rbac.authorization.k8s.io", "clusterroles"), ("rbac.authorization.k8s.io", "clusterrolebindings"),
        ("authentication.k8s.io", "uids"), ("example.com", "widgets"), ("apps", "pods"), ("", "deployments"),
    ];

    private static readonly string[] s_paths = ["/", "/metrics/other", "/apis/apps/v1", "/healthz/ping", "/logs"];

    private static readonly IReadOnlyList<DefaultObject> s_defaults = DefaultRoles.Read();

    private static readonly List<PolicyRule> s_rules =
        [.. s_defaults.SelectMany(made => PolicyRule.ReadAll(made.Tree["rules"]))];

    private AccessWorld _world = null!;

    public static TheoryData<string> Roles() => [.. ClusterRoles().Select(role => NameOf(role)).Order()];

    public async Task InitializeAsync() => _world = await AccessWorld.Make();

    public Task DisposeAsync() => _world.DisposeAsync();

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_default_role_allows_what_its_list_says_and_nothing_else(string role)
    {
        await _world.Bind(role, """{"kind":"User","name":"holder"}""");
        _world.Index.Prime();
        var found = Print("");
        var path = Path.Combine(Root(), role.Replace(':', '.') + ".txt");
        Assert.Equal(GoldenFile.Expected(path, found), found);
        Assert.Equal(Resources(found), Resources(Print("anywhere")));
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Given_in_a_namespace_a_role_allows_the_same_resources_there_and_nothing_elsewhere(string role)
    {
        await _world.Bind(role, """{"kind":"Group","name":"holders"}""", "here");
        _world.Index.Prime();
        var found = Print("here");
        var list = await File.ReadAllTextAsync(Path.Combine(Root(), role.Replace(':', '.') + ".txt"));
        Assert.Equal(Resources(list), found);
        Assert.Equal("", Print("elsewhere"));
        Assert.Equal("", Print(""));
    }

    [Fact]
    public void A_list_is_there_for_each_role_and_for_nothing_else() => Assert.Equal(
        ClusterRoles().Select(role => NameOf(role).Replace(':', '.')).Order(StringComparer.Ordinal),
        Directory.GetFiles(Root(), "*.txt").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    private string Print(string ns)
    {
        var user = new UserInfo("holder", ["holders"]);
        var text = new StringBuilder();
        foreach (var (group, resource) in Everything())
        {
            foreach (var name in Names(group, resource))
            {
                var (main, below) = resource.Split('/') is [var first, var second] ? (first, second) : (resource, "");
                Line(text, $"{(group.Length == 0 ? "core" : group)} {resource}{(name.Length == 0 ? "" : $" {name}")}",
                    verb => new AccessRequest(verb, group, main, below, ns, name, ""), user);
            }
        }

        foreach (var path in Paths())
        {
            Line(text, path, verb => new AccessRequest(verb, "", "", "", "", "", path), user);
        }

        return text.ToString();
    }

    private void Line(StringBuilder text, string what, Func<string, AccessRequest> asked, UserInfo user)
    {
        var allowed = s_verbs.Where(verb => _world.Authorizer.Allows(user, asked(verb))).ToList();
        if (allowed.Count > 0)
        {
            text.Append(what).Append(": ").AppendJoin(' ', allowed).Append('\n');
        }
    }

    private static string Resources(string text) =>
        string.Concat(text.Split('\n').Where(line => line.Length > 0 && line[0] != '/').Select(line => line + "\n"));

    private static IEnumerable<(string Group, string Resource)> Everything() => s_rules
        .SelectMany(rule => rule.Groups.SelectMany(group => rule.Resources.Select(resource => (group, resource))))
        .Where(pair => pair.group != "*" && pair.resource != "*")
        .Concat(s_others).Distinct().Order();

    /// <summary>No name, and each that a rule holds the resource to.</summary>
    private static IEnumerable<string> Names(string group, string resource) => s_rules
        .Where(rule => rule.Groups.Contains(group) && rule.Resources.Contains(resource))
        .SelectMany(rule => rule.Names).Append("").Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> Paths() => s_rules.SelectMany(rule => rule.Urls)
        .Select(path => path == "*" ? "/any" : path.Replace("*", "below"))
        .Concat(s_paths).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<DefaultObject> ClusterRoles() =>
        s_defaults.Where(made => (string?)made.Tree["kind"] == "ClusterRole");

    private static string NameOf(DefaultObject made) => (string)made.Tree["metadata"]!["name"]!;

    private static string Root() => Repository.Cases("access");
}
