using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Access;

/// <summary>
/// One rule of a role (rbac/v1 PolicyRule): verbs, and the resources or paths that they may be done to.
/// </summary>
internal sealed record PolicyRule
{
    private const string Everything = "*";

    /// <summary>What roles say over and over, kept once.</summary>
    private static readonly HashSet<string> s_words =
    [
        Everything, "", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "apps",
        "batch", "autoscaling", "policy", "extensions", "networking.k8s.io", "rbac.authorization.k8s.io",
    ];

    public IReadOnlyList<string> Verbs { get; init; } = [];

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>None is all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyList<string> Urls { get; init; } = [];

    public static PolicyRule Read(JsonObject rule) => new()
    {
        Verbs = Texts(rule, "verbs"),
        Groups = Texts(rule, "apiGroups"),
        Resources = Texts(rule, "resources"),
        Names = Texts(rule, "resourceNames"),
        Urls = Texts(rule, "nonResourceURLs"),
    };

    public static IReadOnlyList<PolicyRule> ReadAll(JsonNode? rules) =>
        rules is JsonArray { Count: > 0 } list ? [.. list.OfType<JsonObject>().Select(Read)] : [];

    public static JsonArray Write(IEnumerable<PolicyRule> rules) => new([.. rules.Select(rule => rule.ToJson())]);

    public bool Allows(AccessRequest access) => Has(Verbs, access.Verb) && (access.IsResource
        ? Has(Groups, access.Group) && IsResourceAllowed(access)
            && (Names.Count == 0 || Contains(Names, access.Name))
        : IsPathAllowed(access.Path));

    /// <summary>The words or everything.</summary>
    public static bool Has(IReadOnlyList<string> words, string word)
    {
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] == Everything || words[at] == word)
            {
                return true;
            }
        }

        return false;
    }

    public static bool Contains(IReadOnlyList<string> words, string word)
    {
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] == word)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a path of a rule takes another one: the same, all, or what begins like it.</summary>
    public static bool TakesPath(string pattern, string path) =>
        pattern == Everything || pattern == path
        || (pattern.EndsWith('*') && path.AsSpan().StartsWith(pattern.AsSpan().TrimEnd('*'), StringComparison.Ordinal));

    /// <summary>As kube-apiserver prints a rule in the refusal of an escalation.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        Add("APIGroups", Groups);
        Add("Resources", Resources);
        Add("NonResourceURLs", Urls);
        Add("ResourceNames", Names);
        Add("Verbs", Verbs);
        return $"{{{string.Join(", ", parts)}}}";

        void Add(string name, IReadOnlyList<string> words)
        {
            if (words.Count > 0)
            {
                parts.Add($"{name}:{Quoted(words)}");
            }
        }
    }

    /// <summary>A list of texts as Go prints it with <c>%q</c>.</summary>
    public static string Quoted(IEnumerable<string> words) =>
        $"[{string.Join(' ', words.Select(word => $"\"{word}\""))}]";

    public JsonObject ToJson()
    {
        var rule = new JsonObject();
        Add("verbs", Verbs, always: true);
        Add("apiGroups", Groups);
        Add("resources", Resources);
        Add("resourceNames", Names);
        Add("nonResourceURLs", Urls);
        return rule;

        void Add(string name, IReadOnlyList<string> words, bool always = false)
        {
            if (always || words.Count > 0)
            {
                rule[name] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]);
            }
        }
    }

    private bool IsResourceAllowed(AccessRequest access)
    {
        for (var at = 0; at < Resources.Count; at++)
        {
            var resource = Resources[at];
            if (resource == Everything || resource == access.FullResource
                || (access.Subresource.Length > 0 && resource.Length == access.Subresource.Length + 2
                    && resource.StartsWith("*/", StringComparison.Ordinal)
                    && resource.EndsWith(access.Subresource, StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsPathAllowed(string path)
    {
        for (var at = 0; at < Urls.Count; at++)
        {
            if (TakesPath(Urls[at], path))
            {
                return true;
            }
        }

        return false;
    }

    private static string[] Texts(JsonObject rule, string name)
    {
        var items = rule.Items(name);
        var texts = new string[items.Count];
        for (var at = 0; at < texts.Length; at++)
        {
            var text = JsonTree.AsText(items[at]) ?? "";
            texts[at] = s_words.TryGetValue(text, out var word) ? word : text;
        }

        return texts;
    }
}
