using System.Diagnostics;
using Edge.Tests.Support;

namespace Edge.Tests.Tidy;

/// <summary>One C# file of the repository: its path from the root, with forward slashes, and its lines.</summary>
internal sealed record SourceFile(string Path, IReadOnlyList<string> Lines)
{
    /// <summary>The folder, such as <c>server/Store</c>.</summary>
    public string Folder => Path[..Path.LastIndexOf('/')];

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    /// <summary>Lines with their numbers from one, without those that are comments as a whole.</summary>
    public IEnumerable<(int Number, string Text)> Code =>
        Lines.Select((text, index) => (Number: index + 1, Text: text))
            .Where(line => !line.Text.TrimStart().StartsWith("//", StringComparison.Ordinal));
}

/// <summary>The tracked files of the repository this test was built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Repository.Root;

    /// <summary>Every file git tracks or would track, so that a fresh clone and a working tree agree.</summary>
    public static IReadOnlyList<string> Paths { get; } =
        Git("ls-files", "--cached", "--others", "--exclude-standard")
            .Where(path => File.Exists(Path.Combine(Root, path)))
            .ToList();

    public static IReadOnlyList<SourceFile> CSharp { get; } =
        Paths.Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => new SourceFile(path, File.ReadAllLines(Path.Combine(Root, path))))
            .ToList();

    public static IEnumerable<SourceFile> Product => CSharp.Where(file => !file.IsTest);

    public static IReadOnlyList<string> Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        })!;
        var lines = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return git.ExitCode == 0 ? lines : throw new InvalidOperationException($"git exited with {git.ExitCode}");
    }

    /// <summary>Fails with one line per finding, so that all are mended in one go.</summary>
    public static void AssertNone(IEnumerable<string> findings)
    {
        var found = findings.ToList();
        Assert.True(found.Count == 0, string.Join(Environment.NewLine, found));
    }
}
