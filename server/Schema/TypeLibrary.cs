using System.Collections.Concurrent;
using System.Reflection;
using System.Text;

namespace Edge.Server.Schema;

/// <summary>
/// The embedded <c>.types</c> descriptions. Only their index is made at start; a type is parsed when it is first
/// reached, and its descriptive texts are kept only when asked for (documents, not requests, need them).
/// </summary>
internal sealed class TypeLibrary
{
    public const string MetaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1";
    public const string CorePackage = "io.k8s.api.core.v1";

    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SchemaNode> _nodes = new(StringComparer.Ordinal);
    private readonly bool _keepTexts;

    public TypeLibrary(bool keepTexts)
    {
        _keepTexts = keepTexts;
        var assembly = typeof(TypeLibrary).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".types")))
        {
            Index(ReadResource(assembly, name));
        }
    }

    /// <summary>The full names of all types described.</summary>
    public IEnumerable<string> Names => _texts.Keys;

    public static string ReadResource(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"no embedded description {name}");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The node that a type text such as <c>[]Container</c> stands for, seen from a package.</summary>
    public SchemaNode Resolve(string type, string package)
    {
        var text = type.StartsWith('*') ? type[1..] : type;
        return Scalars.Find(text) is { } scalar ? scalar : Composite(text, package);
    }

    private SchemaNode Composite(string text, string package)
    {
        if (text.StartsWith("[]", StringComparison.Ordinal))
        {
            return new SchemaNode { Type = SchemaType.List, Item = Resolve(text[2..], package) };
        }

        if (text.StartsWith("map[", StringComparison.Ordinal))
        {
            return new SchemaNode { Type = SchemaType.Map, Item = Resolve(text[4..^1], package) };
        }

        var full = FullName(text, package);
        return _nodes.GetOrAdd(full, name => TypeReader.Read(name, _texts[name], this));
    }

    private string FullName(string text, string package)
    {
        foreach (var candidate in (string[])[package, MetaPackage, CorePackage])
        {
            if (_texts.ContainsKey($"{candidate}.{text}"))
            {
                return $"{candidate}.{text}";
            }
        }

        throw new InvalidOperationException($"type {text} is not described (used in {package})");
    }

    private void Index(string file)
    {
        var package = "";
        foreach (var block in file.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (block.StartsWith("package ", StringComparison.Ordinal))
            {
                package = block["package ".Length..].Trim();
                continue;
            }

            var end = block.IndexOfAny([' ', '\n'], "type ".Length);
            _texts.Add($"{package}.{block["type ".Length..end]}", _keepTexts ? block : WithoutTexts(block));
        }
    }

    private static string WithoutTexts(string block) => string.Join('\n', block.Split('\n').Select(line =>
        line.IndexOf(TypeReader.TextMark, StringComparison.Ordinal) is >= 0 and var bar ? line[..bar] : line));

    /// <summary>Nodes without structure, one instance each.</summary>
    private static class Scalars
    {
        private static readonly SchemaNode _text = new() { Type = SchemaType.String };

        private static readonly Dictionary<string, SchemaNode> _all = new(StringComparer.Ordinal)
        {
            ["string"] = _text,
            ["bool"] = new() { Type = SchemaType.Bool },
            ["int32"] = new() { Type = SchemaType.Int32 },
            ["int64"] = new() { Type = SchemaType.Int64 },
            ["double"] = new() { Type = SchemaType.Number },
            ["bytes"] = new() { Type = SchemaType.Bytes },
            ["Time"] = new() { Type = SchemaType.Time },
            ["MicroTime"] = new() { Type = SchemaType.MicroTime },
            ["Quantity"] = new() { Type = SchemaType.Quantity },
            ["IntOrString"] = new() { Type = SchemaType.IntOrString },
            ["Duration"] = new() { Type = SchemaType.Duration },
            ["Raw"] = new() { Type = SchemaType.Raw },
            ["ExtraValue"] = new() { Type = SchemaType.List, Item = _text, Wrapped = true },
        };

        public static SchemaNode? Find(string text) => _all.GetValueOrDefault(text);
    }
}
