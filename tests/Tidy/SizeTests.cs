using System.Text.RegularExpressions;

namespace Edge.Tests.Tidy;

/// <summary>Sizes a reader can hold in the head (style: files, functions, lines, constructors).</summary>
public sealed partial class SizeTests
{
    private const int LineLengthMax = 120;
    private const int FileLinesMax = 400;
    private const int FunctionLinesMax = 70;
    private const int ProgramLinesMax = 120;
    private const int MedianFileLinesMax = 120;

    [Fact]
    public void No_line_is_longer_than_120_characters() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            from line in file.Lines.Select((text, index) => (text, number: index + 1))
            where line.text.Length > LineLengthMax
            select $"{file.Path}:{line.number}: {line.text.Length} characters");

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            where file.Lines.Count > FileLinesMax
            select $"{file.Path}: {file.Lines.Count} lines");

    [Fact]
    public void The_composition_roots_stay_short() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            where file.Name == "Program.cs" && file.Lines.Count > ProgramLinesMax
            select $"{file.Path}: {file.Lines.Count} lines");

    [Fact]
    public void The_typical_product_file_is_short()
    {
        var sizes = SourceTree.Product.Select(file => file.Lines.Count).Order().ToList();

        var median = sizes[sizes.Count / 2];
        Assert.True(median <= MedianFileLinesMax, $"the median file has {median} lines");
    }

    [Fact]
    public void No_function_is_longer_than_70_lines() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            from function in Functions(file)
            where function.Lines > FunctionLinesMax
            select $"{file.Path}:{function.Start}: a function of {function.Lines} lines");

    [Fact]
    public void The_function_finder_sees_a_function_and_not_a_type()
    {
        string[] lines = ["class A", "{", "    void B()", "    {", "        C();", "    }", "}"];

        Assert.Equal([(4, 3)], Functions(new SourceFile("x/A.cs", lines)));
    }

    /// <summary>
    /// The formatter's own indentation tells where a body begins and ends: a brace alone on its line, whose header
    /// does not declare a type, up to the closing brace in the same column.
    /// </summary>
    private static IEnumerable<(int Start, int Lines)> Functions(SourceFile file)
    {
        for (var open = 1; open < file.Lines.Count; open++)
        {
            var brace = file.Lines[open];
            if (brace.TrimEnd() is not ("    {" or "        {") || !IsFunctionHeader(file.Lines, open))
            {
                continue;
            }

            var end = brace.TrimEnd().Replace('{', '}');
            var close = open + 1;
            while (close < file.Lines.Count && file.Lines[close].TrimEnd().TrimEnd(';', ')', ',') != end)
            {
                close++;
            }

            // A semicolon ends an initializer, not a body.
            if (close < file.Lines.Count && !file.Lines[close].TrimEnd().EndsWith(';'))
            {
                yield return (open + 1, close - open + 1);
            }
        }
    }

    private static bool IsFunctionHeader(IReadOnlyList<string> lines, int open)
    {
        var indent = lines[open].Length - lines[open].TrimStart().Length;
        var first = open - 1;
        while (first > 0 && lines[first].Length - lines[first].TrimStart().Length > indent)
        {
            first--;
        }

        return lines[first].Contains('(') && !NoFunction().IsMatch(lines[first]);
    }

    [GeneratedRegex(@"\b(class|record|struct|interface|enum|namespace)\b|= new")]
    private static partial Regex NoFunction();
}
