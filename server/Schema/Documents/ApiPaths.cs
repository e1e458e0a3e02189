namespace Edge.Server.Schema.Documents;

/// <summary>The paths of a kind: its collection, the object, and what is below it.</summary>
internal sealed class ApiPaths(SchemaCatalog catalog)
{
    private static readonly ApiParameter s_dryRun = Text("dryRun", "All checks everything and stores nothing.");
    private static readonly ApiParameter s_manager = Text("fieldManager", "Name of whoever changes the object.");

    private static readonly ApiParameter s_validation =
        Text("fieldValidation", "What to do about unknown and duplicate fields: Ignore, Warn or Strict.");

    private static readonly ApiParameter[] s_selection =
    [
        Flag("allowWatchBookmarks", "The watch may send bookmarks."),
        Text("continue", "Token of the next page."),
        Text("fieldSelector", "Chooses by fields."),
        Text("labelSelector", "Chooses by labels."),
        Number("limit", "Items of a page."),
        Text("resourceVersion", "The moment that is asked for."),
        Text("resourceVersionMatch", "How the moment is meant: Exact or NotOlderThan."),
        Flag("sendInitialEvents", "The watch begins with what is there."),
        Number("timeoutSeconds", "When the answer ends."),
        Flag("watch", "Changes instead of a list."),
    ];

    private static readonly ApiParameter[] s_deletion =
    [
        s_dryRun,
        Number("gracePeriodSeconds", "Seconds to end by itself; 0 is at once."),
        Flag("orphanDependents", "Old form of propagationPolicy."),
        Text("propagationPolicy", "What happens to dependents: Background, Foreground or Orphan."),
    ];

    private static readonly ApiParameter[] s_writing = [s_dryRun, s_manager, s_validation];

    private static readonly ApiParameter[] s_patching =
        [s_dryRun, s_manager, s_validation, Flag("force", "An apply takes fields over from others.")];

    public IEnumerable<ApiPath> Of(ResourceSchema kind)
    {
        var root = kind.Group.Length == 0 ? $"/api/{kind.ApiVersion}" : $"/apis/{kind.ApiVersion}";
        var all = $"{root}/{kind.Plural}";
        var collection = kind.Namespaced ? $"{root}/namespaces/{{namespace}}/{kind.Plural}" : all;
        string[] scope = kind.Namespaced ? ["namespace"] : [];
        string[] names = ["name", .. scope];
        yield return new ApiPath(collection, scope, Collection(kind));
        yield return new ApiPath(collection + "/{name}", names, Object(kind));
        foreach (var below in kind.Subresources)
        {
            yield return new ApiPath($"{collection}/{{name}}/{below.Name}", names, [.. Below(kind, below)]);
        }

        if (kind.Namespaced && kind.Verbs.Contains("list"))
        {
            yield return new ApiPath(all, [], [List(kind, $"list{Scope(kind)}{kind.Kind}ForAllNamespaces")]);
        }
    }

    /// <summary>The name of the group in names of operations: Core, Apps, RbacAuthorization.</summary>
    public static string GroupWord(string group)
    {
        if (group.Length == 0)
        {
            return "Core";
        }

        var word = group.EndsWith(".k8s.io", StringComparison.Ordinal) ? group[..^".k8s.io".Length] : group;
        return string.Concat(word.Split('.').Select(Capital));
    }

    private static List<ApiOperation> Collection(ResourceSchema kind)
    {
        var scope = Scope(kind) + (kind.Namespaced ? "Namespaced" : "");
        var operations = new List<ApiOperation>();
        if (kind.Verbs.Contains("list"))
        {
            operations.Add(List(kind, $"list{scope}{kind.Kind}"));
        }

        if (kind.Verbs.Contains("create"))
        {
            operations.Add(new ApiOperation("post", "post", $"create{scope}{kind.Kind}", Gvk(kind), kind.Tree.Name,
                kind.Tree.Name, [200, 201, 202], s_writing));
        }

        if (kind.Verbs.Contains("deletecollection"))
        {
            operations.Add(new ApiOperation("delete", "deletecollection",
                $"delete{Scope(kind)}Collection{(kind.Namespaced ? "Namespaced" : "")}{kind.Kind}", Gvk(kind),
                Meta("DeleteOptions"), Meta("Status"), [200], [.. s_selection, .. s_deletion]));
        }

        return operations;
    }

    private static List<ApiOperation> Object(ResourceSchema kind)
    {
        var scope = Scope(kind) + (kind.Namespaced ? "Namespaced" : "");
        var operations = new List<ApiOperation>();
        foreach (var (verb, method, word) in Words)
        {
            if (kind.Verbs.Contains(verb))
            {
                operations.Add(One(method, $"{word}{scope}{kind.Kind}", Gvk(kind), kind.Tree.Name));
            }
        }

        return operations;
    }

    private IEnumerable<ApiOperation> Below(ResourceSchema kind, SubresourceSchema below)
    {
        var scope = Scope(kind) + (kind.Namespaced ? "Namespaced" : "");
        var gvk = (below.Group, below.Version, below.Kind);
        var schema = catalog.FindKind(below.Group, below.Version, below.Kind)?.Tree.Name ?? kind.Tree.Name;
        foreach (var (verb, method, word) in Words.Append(("create", "post", "create")))
        {
            if (below.Verbs.Contains(verb))
            {
                yield return One(method, $"{word}{scope}{kind.Kind}{Capital(below.Name)}", gvk, schema);
            }
        }
    }

    private static IReadOnlyList<(string Verb, string Method, string Word)> Words { get; } =
    [
        ("get", "get", "read"), ("update", "put", "replace"), ("patch", "patch", "patch"),
        ("delete", "delete", "delete"),
    ];

    private static ApiOperation One(string method, string id, (string, string, string) gvk, string schema) =>
        method switch
        {
            "get" => new ApiOperation(method, "get", id, gvk, "", schema, [200], []),
            "post" => new ApiOperation(method, "post", id, gvk, schema, schema, [200, 201, 202], s_writing),
            "put" => new ApiOperation(method, "put", id, gvk, schema, schema, [200, 201], s_writing),
            "patch" => new ApiOperation(
                method, "patch", id, gvk, ApiOperation.PatchSchema, schema, [200, 201], s_patching),
            _ => new ApiOperation(
                method, "delete", id, gvk, Meta("DeleteOptions"), Meta("Status"), [200, 202], s_deletion),
        };

    private static ApiOperation List(ResourceSchema kind, string id) => new(
        "get", "list", id, Gvk(kind), "", $"{kind.Package}.{kind.ListKind}", [200], s_selection);

    private static string Scope(ResourceSchema kind) => GroupWord(kind.Group) + Capital(kind.Version);

    private static (string, string, string) Gvk(ResourceSchema kind) => (kind.Group, kind.Version, kind.Kind);

    private static string Meta(string name) => $"{TypeLibrary.MetaPackage}.{name}";

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static ApiParameter Text(string name, string text) => new(name, "string", text);

    private static ApiParameter Flag(string name, string text) => new(name, "boolean", text);

    private static ApiParameter Number(string name, string text) => new(name, "integer", text);
}
