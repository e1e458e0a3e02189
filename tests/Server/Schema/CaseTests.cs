using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Schema;

/// <summary>
/// Golden cases of <c>tests/Cases/schema</c>; its README says which files a case may have. With EDGE_WRITE_CASES=1 the
/// answers are written instead of compared, to be read before they are committed.
/// </summary>
public sealed class CaseTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly JsonSerializerOptions _indented = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What a case may answer; one that lies there and is not answered any more is a loss.</summary>
    private static readonly string[] _answers = ["failed.txt", "warnings.txt", "errors.txt", "row.txt", "out.json"];

    public static TheoryData<string> Cases() =>
        [.. Directory.GetDirectories(Root()).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_answers_as_its_files_say(string name)
    {
        var folder = Path.Combine(Root(), name);
        var answers = Answers(folder);
        Assert.All(
            _answers.Where(file => File.Exists(Path.Combine(folder, file))),
            file => Assert.Contains(file, answers.Keys));
        foreach (var (file, text) in answers)
        {
            Assert.Equal(GoldenFile.Expected(Path.Combine(folder, file), text), text);
        }
    }

    public static TheoryData<string> Documented() => [.. Documentation.Names];

    [Theory]
    [MemberData(nameof(Documented))]
    public void What_the_documentation_writes_is_taken_with_no_other_warnings_than_are_known(string name)
    {
        var warnings = new List<string>();
        foreach (var part in Documentation.Read(name).Split("---\n"))
        {
            var body = Encoding.UTF8.GetBytes(part);
            var schema = SchemaOf(body);
            var (obj, more) = Samples.Decoded(ObjectDecoder.FromYaml(schema, body, FieldValidation.Warn));
            warnings.AddRange(more);
            ObjectStrategy.PrepareForCreate(schema, obj);
            ObjectDefaults.Fill(schema, obj);
            Assert.Empty(ObjectValidation.Check(schema, obj));
        }

        Assert.Equal(Documentation.Warnings(name), warnings);
    }

    private static Dictionary<string, string> Answers(string folder)
    {
        var body = Body(folder);
        var schema = SchemaOf(body);
        var strict = File.Exists(Path.Combine(folder, "strict"));
        var result = ObjectDecoder.FromYaml(schema, body, strict ? FieldValidation.Strict : FieldValidation.Warn);
        if (result is DecodeResult.Failed failed)
        {
            return new() { ["failed.txt"] = failed.Message + "\n" };
        }

        var answers = new Dictionary<string, string>();
        var (obj, warnings) = Samples.Decoded(result);
        Lines(answers, "warnings.txt", warnings);
        var stored = SchemaCatalog.Default.StoredFormOf(schema);
        obj = VersionConversion.ToStored(schema, obj);
        if (File.Exists(Path.Combine(folder, "create")))
        {
            ObjectStrategy.PrepareForCreate(stored, obj);
        }

        Fill(stored, obj);
        obj = Patch(folder, stored, obj, answers);
        if (obj is null)
        {
            return answers;
        }

        var old = Old(folder, schema, stored);
        var endpoint = Endpoint(folder);
        if (endpoint.Length > 0)
        {
            obj = ObjectStrategy.PrepareForUpdate(stored, obj, old!, endpoint);
            Fill(stored, obj);
        }

        var errors = ObjectValidation.Check(stored, obj, old, endpoint, schema);
        Lines(answers, "errors.txt", errors.Select(error => error.ToString()));
        if (File.Exists(Path.Combine(folder, "row.txt")))
        {
            var cells = TableRows.Cells(schema, obj, _now).Select(cell => $"{cell}");
            answers["row.txt"] = string.Join(" | ", cells) + "\n";
        }

        if (!answers.ContainsKey("errors.txt") && !answers.ContainsKey("row.txt"))
        {
            answers["out.json"] = obj.ToJsonString(_indented) + "\n";
        }

        return answers;
    }

    private static string Endpoint(string folder)
    {
        var path = Path.Combine(folder, "subresource.txt");
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }

    private static byte[] Body(string folder)
    {
        var name = Path.Combine(folder, "documentation.txt");
        return File.Exists(name)
            ? Encoding.UTF8.GetBytes(Documentation.Workload(File.ReadAllText(name).Trim()))
            : File.ReadAllBytes(Path.Combine(folder, "in.yaml"));
    }

    private static JsonObject? Patch(
        string folder, ResourceSchema schema, JsonObject obj, Dictionary<string, string> answers)
    {
        foreach (var path in Directory.GetFiles(folder, "patch.*.json"))
        {
            var patch = File.ReadAllBytes(path);
            var result = Path.GetFileName(path) switch
            {
                "patch.json.json" => JsonPatch.Apply(obj, patch),
                "patch.merge.json" => MergePatch.Apply(obj, patch),
                "patch.strategic.json" => StrategicMerge.Apply(schema, obj, patch),
                var other => throw new InvalidOperationException($"no patch is named {other}"),
            };
            if (result is not PatchResult.Patched patched)
            {
                answers["failed.txt"] = result + "\n";
                return null;
            }

            obj = patched.Object;
        }

        return obj;
    }

    /// <summary>Filled twice is filled once.</summary>
    private static void Fill(ResourceSchema schema, JsonObject obj)
    {
        ObjectDefaults.Fill(schema, obj);
        var once = obj.ToJsonString();
        ObjectDefaults.Fill(schema, obj);
        Assert.Equal(once, obj.ToJsonString());
    }

    private static JsonObject? Old(string folder, ResourceSchema schema, ResourceSchema stored)
    {
        var path = Path.Combine(folder, "old.yaml");
        if (!File.Exists(path))
        {
            return null;
        }

        var body = File.ReadAllBytes(path);
        var old = Samples.Decoded(ObjectDecoder.FromYaml(schema, body, FieldValidation.Strict)).Object;
        old = VersionConversion.ToStored(schema, old);
        Fill(stored, old);
        return old;
    }

    private static ResourceSchema SchemaOf(byte[] body)
    {
        string Head(string key) => System.Text.Encoding.UTF8.GetString(body).Split('\n')
            .First(line => line.StartsWith(key + ":", StringComparison.Ordinal))[(key.Length + 1)..].Trim();
        var version = Head("apiVersion").Split('/');
        return Samples.Kind(version.Length == 1 ? "" : version[0], Head("kind"), version[^1]);
    }

    private static void Lines(Dictionary<string, string> answers, string file, IEnumerable<string> lines)
    {
        var text = string.Concat(lines.Select(line => line + "\n"));
        if (text.Length > 0)
        {
            answers[file] = text;
        }
    }

    private static string Root() => Repository.Cases("schema");
}
