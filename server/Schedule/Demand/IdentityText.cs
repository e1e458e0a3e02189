using System.Globalization;
using System.Text;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// Writes parts into one text that is equal only when all parts are: each part has its length in front, so that none
/// can look like two others. Labels come from people, who may write any separator into them.
/// </summary>
internal sealed class IdentityText
{
    private readonly StringBuilder _text = new();

    /// <summary>Null is another part than the empty text.</summary>
    public IdentityText Add(string? part)
    {
        if (part is null)
        {
            _text.Append('-');
            return this;
        }

        _text.Append(CultureInfo.InvariantCulture, $"{part.Length}:").Append(part);
        return this;
    }

    /// <summary>A list is its count and its parts; null is another list than the empty one.</summary>
    public IdentityText Add(IReadOnlyList<string>? parts)
    {
        Count(parts?.Count);
        foreach (var part in parts ?? [])
        {
            Add(part);
        }

        return this;
    }

    /// <summary>How many parts follow that belong together, or a number that is a part; null for none at all.</summary>
    public IdentityText Count(int? count)
    {
        _text.Append(CultureInfo.InvariantCulture, $"#{count};");
        return this;
    }

    public override string ToString() => _text.ToString();
}
