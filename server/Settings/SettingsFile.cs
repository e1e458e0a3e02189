using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Edge.Server.Settings;

/// <summary>Reads the settings file: one YAML mapping of keys to a scalar or a list of scalars.</summary>
internal static class SettingsFile
{
    /// <summary>Values by key; what is wrong goes to <paramref name="errors"/>, each with its line.</summary>
    public static Dictionary<string, IReadOnlyList<string>> Read(string path, string yaml, List<string> errors)
    {
        var values = new Dictionary<string, IReadOnlyList<string>>();
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<DocumentStart>(out _) && !IsEmpty(parser))
            {
                ReadMapping(path, parser, values, errors);
            }
        }
        catch (YamlException broken)
        {
            errors.Add($"{path}:{broken.Start.Line}: not YAML: {broken.Message}");
        }

        return values;
    }

    private static bool IsEmpty(Parser parser) => parser.Accept<Scalar>(out var scalar) && scalar.Value.Length == 0;

    private static void ReadMapping(
        string path, Parser parser, Dictionary<string, IReadOnlyList<string>> values, List<string> errors)
    {
        if (!parser.TryConsume<MappingStart>(out _))
        {
            errors.Add($"{path}: must be a mapping of settings");
            return;
        }

        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var setting = SettingName.All.FirstOrDefault(known => known.Key == key.Value);
            var line = $"{path}:{key.Start.Line}";
            if (setting is null)
            {
                errors.Add($"{line}: unknown setting \"{key.Value}\"; "
                    + $"known are {string.Join(", ", SettingName.All.Select(known => known.Key))}");
                parser.SkipThisAndNestedEvents();
            }
            else if (ReadValues(parser) is not [_, ..] read || (read.Count > 1 && !setting.Repeats))
            {
                errors.Add($"{line}: {key.Value} must be {(setting.Repeats ? "a value or a list" : "one value")}");
            }
            else if (!values.TryAdd(key.Value, read))
            {
                errors.Add($"{line}: {key.Value} stands twice");
            }
        }
    }

    /// <summary>Null when the value is not a scalar or a list of scalars.</summary>
    private static List<string>? ReadValues(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var single))
        {
            return [single.Value];
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            parser.SkipThisAndNestedEvents();
            return null;
        }

        List<string>? items = [];
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (parser.TryConsume<Scalar>(out var item))
            {
                items?.Add(item.Value);
            }
            else
            {
                parser.SkipThisAndNestedEvents();
                items = null;
            }
        }

        return items;
    }
}
