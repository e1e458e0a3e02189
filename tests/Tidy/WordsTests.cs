using System.Text.RegularExpressions;

namespace Edge.Tests.Tidy;

/// <summary>What the repository as a whole must not say.</summary>
public sealed partial class WordsTests
{
    private static readonly string[] TextFiles =
        [".cs", ".md", ".proto", ".props", ".csproj", ".yaml", ".json", ".sh", ".txt", "dev", "run"];

    [Fact]
    public void No_file_names_a_package_host() => SourceTree.AssertNone(Find(PackageHost()));

    [Fact]
    public void No_file_holds_a_path_of_one_machine() => SourceTree.AssertNone(Find(MachinePath()));

    [Fact]
    public void Subjects_of_commits_say_area_and_act() =>
        SourceTree.AssertNone(
            SourceTree.Git("log", "-200", "--no-merges", "--format=%s")
                .Where(subject => !Subject().IsMatch(subject))
                .Select(subject => $"commit subject '{subject}' is not 'area: verb …'"));

    private static IEnumerable<string> Find(Regex banned) =>
        from path in SourceTree.Paths
        where TextFiles.Any(ending => path.EndsWith(ending, StringComparison.Ordinal))
            && path != "tests/Tidy/WordsTests.cs"
        from line in File.ReadLines(Path.Combine(SourceTree.Root, path))
            .Select((text, index) => (text, number: index + 1))
        where banned.IsMatch(line.text)
        select $"{path}:{line.number}: {line.text.Trim()}";

    [GeneratedRegex(@"https?://(deb|api|registry|packages|archive)\.|nuget\.org")]
    private static partial Regex PackageHost();

    [GeneratedRegex(@"(^|[\s""'=(])(/work/(main|shared)|/home/\w|/root/)")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"^[A-Za-z0-9./, -]+: \S")]
    private static partial Regex Subject();
}
