namespace Edge.Server.Schema;

/// <summary>Parses a <c>.kinds</c> file: which kinds are served, under which names, with which columns.</summary>
internal sealed class KindReader(TypeLibrary library)
{
    private static readonly string[] _standardVerbs =
        ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    private readonly List<ResourceSchema> _kinds = [];
    private string _group = "";
    private string _version = "";
    private string _package = "";

    public IReadOnlyList<ResourceSchema> Read(string file)
    {
        var lines = file.Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToList();
        for (var at = 0; at < lines.Count; at++)
        {
            var words = lines[at].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "group":
                    (_group, _version) = (GroupOf(words[1]), words[2]);
                    break;
                case "package":
                    _package = words[1];
                    break;
                case "kind" or "body":
                    var details = lines.Skip(at + 1).TakeWhile(line => line[0] == ' ').ToList();
                    _kinds.Add(Kind(words, details));
                    at += details.Count;
                    break;
                default:
                    throw new InvalidOperationException($"unknown line in a kinds file: {lines[at]}");
            }
        }

        return _kinds;
    }

    private ResourceSchema Kind(string[] words, List<string> details)
    {
        var (kind, package) = (words[1], _package);
        var flags = words.Skip(4).Select(word => word.Split('=')).ToDictionary(pair => pair[0], pair => pair[^1]);
        var endpoint = words[0] == "kind";
        var stored = (flags.GetValueOrDefault("stored") ?? _version).Split('/');
        return new ResourceSchema(() => library.Resolve(kind, package))
        {
            Group = _group,
            Version = _version,
            Kind = kind,
            Package = package,
            Plural = endpoint ? words[2] : "",
            Singular = endpoint && words[3] != "-" ? words[3] : "",
            ShortNames = flags.GetValueOrDefault("short")?.Split(',') ?? [],
            Categories = flags.GetValueOrDefault("categories")?.Split(',') ?? [],
            StoredVersion = stored[^1],
            StoredGroup = stored.Length == 1 ? _group : GroupOf(stored[0]),
            CreatesOnUpdate = flags.ContainsKey("upsert"),
            NeedsRevision = flags.ContainsKey("conditional"),
            Unsupported = flags.ContainsKey("unsupported"),
            Namespaced = flags.ContainsKey("namespaced"),
            Verbs = !endpoint ? [] : flags.GetValueOrDefault("verbs")?.Split(',') ?? _standardVerbs,
            Subresources = [.. Lines(details, "sub").Select(line => Subresource(kind, line.Words))],
            SelectableFields = [.. Lines(details, "select").SelectMany(line => line.Words)],
            Columns = [.. Lines(details, "column", "wide").Select(Column)],
        };
    }

    private static string GroupOf(string word) => word == "core" ? "" : word;

    private SubresourceSchema Subresource(string kind, string[] words)
    {
        var other = words.Length > 2 ? words[2].Split('/') : [_group, _version, kind];
        return new SubresourceSchema(
            words[0], GroupOf(other[0]), other[1], other[2], words[1].Split(','));
    }

    private static TableColumn Column((string Word, string[] Words, string Text) line) => new(
        line.Words[0].Replace('_', ' '),
        line.Words[1],
        line.Words.Length > 2 ? line.Words[2] : "",
        line.Word == "wide" ? 1 : 0,
        line.Text);

    private static IEnumerable<(string Word, string[] Words, string Text)> Lines(
        List<string> details, params string[] wanted)
    {
        foreach (var line in details)
        {
            var bar = line.IndexOf(" | ", StringComparison.Ordinal);
            var words = (bar < 0 ? line : line[..bar]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (wanted.Contains(words[0]))
            {
                yield return (words[0], words[1..], bar < 0 ? "" : line[(bar + 3)..]);
            }
        }
    }
}
