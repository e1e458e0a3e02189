using System.Text.RegularExpressions;

namespace Edge.Tests.Tidy;

/// <summary>What the compiler's analyzers do not catch and the house rules forbid.</summary>
public sealed partial class BannedTests
{
    /// <summary>A symbol nobody may use in product code, and what to use instead.</summary>
    private static readonly (string Pattern, string Instead)[] Banned =
    [
        (@"\bDateTime(Offset)?\.(UtcNow|Now)\b", "a TimeProvider"),
        (@"\bGuid\.NewGuid\b", "an id that is passed in"),
        (@"\bRandom\.Shared\b", "a Random that is passed in"),
        (@"\bThread\.Sleep\b", "a timer of the TimeProvider"),
        (@"\bTask\.Delay\((?!.*(time|clock|Time|Clock))", "Task.Delay with a TimeProvider"),
        (@"\.GetAwaiter\(\)\.GetResult\(\)", "await"),
        (@"\.Wait\(\)", "await"),
        (@"\basync void\b", "async Task"),
        (@"\bCreateUnbounded\b", "a bounded channel"),
        (@"\bConcurrentQueue<", "a bounded channel"),
        (@"\bConsole\.(Write|Error|Out)\b", "a log method"),
        (@"\bDllImport\b", "LibraryImport"),
        (@"\bEnvironment\.GetEnvironmentVariable\b", "a setting read in Program.cs"),
    ];

    private static readonly string[] BannedNames =
        ["Manager", "Helper", "Helpers", "Utils", "Util", "Common", "Processor"];

    [Fact]
    public void Product_code_uses_no_banned_symbol() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            where !IsEntryPoint(file)
            from line in file.Code
            from rule in Banned
            where Regex.IsMatch(line.Text, rule.Pattern)
            select $"{file.Path}:{line.Number}: use {rule.Instead}: {line.Text.Trim()}");

    [Fact]
    public void Tests_never_sleep() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            where file.IsTest && !file.Path.StartsWith("tests/Tidy/", StringComparison.Ordinal)
            from line in file.Code
            where line.Text.Contains("Thread.Sleep(", StringComparison.Ordinal)
            select $"{file.Path}:{line.Number}: await the event instead");

    [Fact]
    public void No_type_has_a_name_that_says_nothing() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            from line in file.Code
            let declared = TypeDeclaration().Match(line.Text)
            where declared.Success
            let name = declared.Groups[2].Value
            where BannedNames.Any(word => name.EndsWith(word, StringComparison.Ordinal))
            select $"{file.Path}:{line.Number}: {name} names no thing and no act");

    [Fact]
    public void A_plan_is_pure() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            where file.Name.EndsWith("Plan.cs", StringComparison.Ordinal)
            from line in file.Code
            where Impure().IsMatch(line.Text)
            select $"{file.Path}:{line.Number}: a plan decides and does not act: {line.Text.Trim()}");

    [Fact]
    public void Comments_do_not_narrate() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            where !file.Path.StartsWith("tests/Tidy/", StringComparison.Ordinal)
            from line in file.Lines.Select((text, index) => (text, number: index + 1))
            where Narration().IsMatch(line.text)
            select $"{file.Path}:{line.number}: say why instead: {line.text.Trim()}");

    [Fact]
    public void Interfaces_are_rare()
    {
        var declarations = SourceTree.Product.SelectMany(file => file.Code)
            .Select(line => TypeDeclaration().Match(line.Text)).Where(match => match.Success).ToList();
        var interfaces = declarations.Count(match => match.Groups[1].Value == "interface");

        Assert.True(interfaces * 10 <= declarations.Count, $"{interfaces} interfaces in {declarations.Count} types");
    }

    [Fact]
    public void A_log_event_id_is_used_once_in_an_assembly() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            from line in file.Code
            let id = EventId().Match(line.Text)
            where id.Success
            group $"{file.Path}:{line.Number}" by (file.Path.Split('/')[0], id.Groups[1].Value) into uses
            where uses.Count() > 1
            select $"event id {uses.Key.Item2} is used {uses.Count()} times: {string.Join(", ", uses)}");

    [Fact]
    public void No_test_mocks() =>
        SourceTree.AssertNone(
            from file in SourceTree.CSharp
            where !file.Path.StartsWith("tests/Tidy/", StringComparison.Ordinal)
            from line in file.Code
            where MockingLibrary().IsMatch(line.Text)
            select $"{file.Path}:{line.Number}: fake the process edge instead");

    // The entry points are where the clock, the environment and the console come in.
    private static bool IsEntryPoint(SourceFile file) => file.Name is "Program.cs" or "CommandLine.cs";

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\s+(?:class\s+|struct\s+)?([A-Z]\w+)")]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"\b(await|async|TimeProvider|HttpClient|ObjectStore)\b|\b(File|Directory|Process)\.")]
    private static partial Regex Impure();

    [GeneratedRegex(
        @"Initializes a new instance|\bThis (method|class|function)\b|//.*\b(issue|PR) #\d+|\b(TODO|FIXME|HACK)\b")]
    private static partial Regex Narration();

    [GeneratedRegex(@"\b(Moq|NSubstitute|FakeItEasy)\b|\bMock<")]
    private static partial Regex MockingLibrary();

    [GeneratedRegex(@"LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex EventId();
}
