using System.Text;

namespace Edge.Agent.Runtime.Spec;

/// <summary>Environment and $(NAME) references as kubelet treats them. Pure.</summary>
internal static class EnvironmentPlan
{
    /// <summary>The image's variables, then the pod's; later ones win and keep the place of the first.</summary>
    public static IReadOnlyList<string> Merge(IReadOnlyList<string> image, IReadOnlyDictionary<string, string> pod)
    {
        var names = image.Select(NameOf).ToHashSet();
        return image.Select(entry => pod.TryGetValue(NameOf(entry), out var value) ? $"{NameOf(entry)}={value}" : entry)
            .Concat(pod.Keys.Where(name => !names.Contains(name)).Select(name => $"{name}={pod[name]}"))
            .ToList();
    }

    /// <summary>Each literal value may refer to what stands before it.</summary>
    public static IReadOnlyDictionary<string, string> Resolve(IReadOnlyList<EnvEntry> entries)
    {
        var values = new Dictionary<string, string>();
        foreach (var entry in entries)
        {
            values[entry.Name] = entry.Expand ? Expand(entry.Value, values) : entry.Value;
        }

        return values;
    }

    /// <summary>An unknown name stays as it is written; $$ stands for one $.</summary>
    public static string Expand(string text, IReadOnlyDictionary<string, string> values)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var close = text[i] == '$' && i + 1 < text.Length && text[i + 1] == '('
                ? text.IndexOf(')', i + 2)
                : -1;
            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '$')
            {
                result.Append('$');
                i++;
            }
            else if (close > 0)
            {
                var name = text[(i + 2)..close];
                result.Append(values.TryGetValue(name, out var value) ? value : $"$({name})");
                i = close;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    private static string NameOf(string entry) => entry.Split('=', 2)[0];
}
