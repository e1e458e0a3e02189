using System.Globalization;
using System.Text;

namespace Edge.Server.Schema.Bodies;

/// <summary>
/// Where in a body a reader is, and which keys it found twice. The path is written only where it is told: written for
/// every value, a long name around many values would cost a thousand times the body.
/// </summary>
internal sealed class BodyPlace
{
    /// <summary>As in Go's decoder: more of them help nobody.</summary>
    public const int FaultsMax = 100;

    private const int PathMax = 1024;

    private readonly List<(string? Name, int Index)> _steps = [];
    private readonly List<string> _duplicates = [];

    public IReadOnlyList<string> Duplicates => _duplicates;

    public void Enter(string name) => _steps.Add((name, 0));

    public void Enter(int index) => _steps.Add((null, index));

    public void Leave() => _steps.RemoveAt(_steps.Count - 1);

    /// <summary>The key that was entered stands in its object already.</summary>
    public void IsDuplicate()
    {
        if (_duplicates.Count < FaultsMax)
        {
            _duplicates.Add(Path());
        }
    }

    /// <summary>A name as it may stand in a path; a longer one tells no more.</summary>
    public static string Short(string name) => name.Length > PathMax ? $"{name[..PathMax]}…" : name;

    private string Path()
    {
        var path = new StringBuilder();
        foreach (var (name, index) in _steps)
        {
            if (path.Length > PathMax)
            {
                break;
            }

            path.Append(name is null ? $"[{index.ToString(CultureInfo.InvariantCulture)}]"
                : path.Length == 0 ? Short(name) : $".{Short(name)}");
        }

        return path.ToString();
    }
}
