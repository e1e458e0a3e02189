using System.Text.RegularExpressions;

namespace Edge.Tests.Tidy;

/// <summary>The architecture in executable form: which folder may know which (design, section 5).</summary>
public sealed partial class FolderTests
{
    /// <summary>Folder → folders it may use, beside itself. What is not listed may not be used.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Edge.Proto.Model"] = [],
        ["Edge.Proto.Sync"] = ["Edge.Proto.Link"],
        ["Edge.Proto.Mqtt"] = ["Edge.Proto.Sync"],
        ["Edge.Proto.Containerd"] = [],
        ["Edge.Proto.Link"] = [],

        ["Edge.Server.Schema"] = ["Edge.Proto.Model"],
        ["Edge.Server.Store"] = ["Edge.Proto.Model"],
        ["Edge.Server.Link"] = ["Edge.Proto.Link", "Edge.Proto.Sync", "Edge.Proto.Mqtt"],
        ["Edge.Server.Fleet"] =
            [
                "Edge.Proto.Model", "Edge.Proto.Link", "Edge.Proto.Sync", "Edge.Server.Access", "Edge.Server.Schema",
                "Edge.Server.Store", "Edge.Server.Link",
            ],
        ["Edge.Server.Admission"] = ["Edge.Proto.Model", "Edge.Server.Schema", "Edge.Server.Store"],
        ["Edge.Server.Access"] = ["Edge.Proto.Model", "Edge.Server.Schema", "Edge.Server.Store"],
        ["Edge.Server.Settings"] = [],
        ["Edge.Server.Pki"] = [],
        ["Edge.Server.Control"] =
            [
                "Edge.Proto.Model", "Edge.Server.Access", "Edge.Server.Schema", "Edge.Server.Store",
                "Edge.Server.Admission", "Edge.Server.Pki",
            ],
        ["Edge.Server.Schedule"] = ["Edge.Proto.Model", "Edge.Server.Store"],
        ["Edge.Server.Api"] =
            [
                "Edge.Proto.Model", "Edge.Server.Access", "Edge.Server.Schema", "Edge.Server.Store",
                "Edge.Server.Admission", "Edge.Server.Fleet",
            ],

        ["Edge.Agent.Link"] = ["Edge.Proto.Link", "Edge.Proto.Sync", "Edge.Proto.Mqtt"],
        ["Edge.Agent.Ledger"] = ["Edge.Proto.Model"],
        ["Edge.Agent.Runtime"] = ["Edge.Proto.Model", "Edge.Proto.Containerd"],
        ["Edge.Agent.Network"] = ["Edge.Proto.Model"],
        ["Edge.Agent.Devices"] = ["Edge.Proto.Model", "Edge.Proto.Sync", "Edge.Agent.Runtime"],
        ["Edge.Agent.Reconcile"] =
            ["Edge.Proto.Model", "Edge.Agent.Ledger", "Edge.Agent.Runtime", "Edge.Agent.Network", "Edge.Agent.Devices"],
        ["Edge.Agent.Enrolment"] = ["Edge.Proto.Model", "Edge.Agent.Settings"],
        ["Edge.Agent.Settings"] =
        [
            "Edge.Proto.Model", "Edge.Proto.Mqtt", "Edge.Agent.Enrolment", "Edge.Agent.Ledger", "Edge.Agent.Link",
            "Edge.Agent.Network", "Edge.Agent.Runtime",
        ],
        ["Edge.Agent.Report"] =
            [
                "Edge.Proto.Model", "Edge.Proto.Link", "Edge.Proto.Sync", "Edge.Agent.Ledger", "Edge.Agent.Devices",
                "Edge.Agent.Link", "Edge.Agent.Runtime",
            ],
        ["Edge.Agent.Local"] =
            [
                "Edge.Proto.Model", "Edge.Proto.Sync", "Edge.Agent.Ledger", "Edge.Agent.Link", "Edge.Agent.Reconcile",
                "Edge.Agent.Report",
            ],
    };

    private static readonly string[] RootEntries =
    [
        "proto", "server", "agent", "tests", "packaging", "Edge.sln", "README.md", "LICENSE", "Directory.Build.props",
        "Directory.Packages.props", "global.json", ".editorconfig", ".gitattributes", ".gitignore", ".ci",
    ];

    [Fact]
    public void A_folder_uses_only_the_folders_the_design_lets_it_use() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            let own = FolderOf(NamespaceOf(file))
            where own is not null && Arrows.ContainsKey(own)
            from line in file.Code
            from Match match in EdgeNamespace().Matches(line.Text)
            let used = FolderOf(match.Value)
            where used is not null && used != own && !Arrows[own].Contains(used)
            select $"{file.Path}:{line.Number}: {own} may not use {used}");

    [Fact]
    public void Every_product_folder_is_in_the_table() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            let own = FolderOf(NamespaceOf(file))
            where own is not null && !Arrows.ContainsKey(own)
            select $"{file.Path}: {own} is not a folder of the design");

    [Fact]
    public void A_namespace_follows_its_folder() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            where file.Name is not "Program.cs"
            let expected = "Edge." + string.Join('.', file.Folder.Split('/').Select(Capital))
            where NamespaceOf(file) != expected
            select $"{file.Path}: namespace {NamespaceOf(file)}, expected {expected}");

    [Fact]
    public void The_root_holds_only_what_the_design_lists() =>
        SourceTree.AssertNone(
            SourceTree.Paths.Select(path => path.Split('/')[0]).Distinct().Except(RootEntries)
                .Select(entry => $"{entry} does not belong at the root"));

    [Fact]
    public void Every_product_folder_explains_itself() =>
        SourceTree.AssertNone(
            from folder in SourceTree.Product.Select(file => string.Join('/', file.Folder.Split('/').Take(2)))
                .Distinct()
            where folder.Contains('/') && !File.Exists(Path.Combine(SourceTree.Root, folder, "README.md"))
            select $"{folder} has no README.md");

    [Fact]
    public void Only_the_store_and_the_ledger_speak_SQL() =>
        SourceTree.AssertNone(
            from file in SourceTree.Product
            where file.Folder is not ("server/Store" or "agent/Ledger")
            from line in file.Code
            where line.Text.Contains("Microsoft.Data.Sqlite", StringComparison.Ordinal)
            select $"{file.Path}:{line.Number}: SQL outside the store and the ledger");

    private static string NamespaceOf(SourceFile file) =>
        file.Lines.FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal))?
            ["namespace ".Length..].TrimEnd(';', ' ') ?? "";

    private static string? FolderOf(string name) =>
        name.Split('.') is { Length: >= 3 } parts ? string.Join('.', parts.Take(3)) : null;

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    [GeneratedRegex(@"\bEdge\.(Proto|Server|Agent)\.[A-Z]\w+")]
    private static partial Regex EdgeNamespace();
}
