using System.Text;
using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>What is expected of a command.</summary>
public enum Ending
{
    Success,
    Failure,

    /// <summary>It is repeated until it succeeds and answers so.</summary>
    Eventually,
}

/// <summary>
/// One command of a transcript and what it must answer; <c>Since</c> is the kubectl that first has it.
/// </summary>
public sealed record TranscriptStep(int Line, Ending Ending, string Since, string Command)
{
    public StringBuilder Input { get; } = new();

    public List<string> Answer { get; } = [];

    /// <summary>Empty lines do not count, and blanks in a row are one: widths are nobody's promise.</summary>
    public bool Answers(string output)
    {
        var pattern = string.Concat(Answer.Select(Collapse).Select(line => line == "..."
            ? "(?:.*\n)*"
            : Regex.Escape(line).Replace(@"\*", ".*", StringComparison.Ordinal) + "\n"));
        var lines = output.Split('\n').Select(Collapse).Where(line => line.Length > 0);
        return Regex.IsMatch(string.Concat(lines.Select(line => line + "\n")), $@"\A{pattern}\z");
    }

    private static string Collapse(string line) =>
        string.Join(' ', line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>
/// What a person types and what kubectl answers: a file of <c>tests/Cases/kubectl</c>, whose README says how one is
/// written.
/// </summary>
public sealed partial class Transcript
{
    private static readonly string s_folder = Repository.Cases("kubectl");

    private Transcript(IReadOnlyList<TranscriptStep> steps) => Steps = steps;

    public static IReadOnlyList<string> Names =>
        [.. Directory.GetFiles(s_folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    public IReadOnlyList<TranscriptStep> Steps { get; }

    /// <param name="name">Of the file, without its end.</param>
    /// <param name="values">What stands for <c>{key}</c>.</param>
    public static Transcript Read(string name, IReadOnlyDictionary<string, string> values)
    {
        var steps = new List<TranscriptStep>();
        foreach (var (number, raw) in File.ReadLines(Path.Combine(s_folder, $"{name}.txt")).Index())
        {
            var line = values.Aggregate(raw, (text, value) => text.Replace($"{{{value.Key}}}", value.Value));
            if (Command().Match(line) is { Success: true } command)
            {
                steps.Add(new TranscriptStep(
                    number + 1, Ends(line[0]), command.Groups["since"].Value, command.Groups["words"].Value));
            }
            else if (line.StartsWith("< ", StringComparison.Ordinal))
            {
                steps[^1].Input.Append(line.AsSpan(2)).Append('\n');
            }
            else if (line.StartsWith("  ", StringComparison.Ordinal))
            {
                steps[^1].Answer.Add(line);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                throw new FormatException($"{name}.txt:{number + 1}: neither a command nor its answer: {line}");
            }
        }

        return new Transcript(steps);
    }

    /// <summary>Words as a shell takes them apart; only single quotes are known.</summary>
    public static IReadOnlyList<string> Words(string command) =>
        [.. Word().Matches(command).Select(word => word.Value.Replace("'", "", StringComparison.Ordinal))];

    private static Ending Ends(char mark) => mark switch
    {
        '$' => Ending.Success,
        '!' => Ending.Failure,
        _ => Ending.Eventually,
    };

    [GeneratedRegex(@"^[$!~] (\[(?<since>\d+\.\d+)\] )?(?<words>.+)$")]
    private static partial Regex Command();

    [GeneratedRegex("(?:[^ ']|'[^']*')+")]
    private static partial Regex Word();
}
