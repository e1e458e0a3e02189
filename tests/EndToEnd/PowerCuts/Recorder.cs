using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>Records what one program does to the files below one directory. Needs a C compiler.</summary>
internal sealed class Recorder(string program, string root, string log)
{
    private static readonly Lazy<Task<string>> s_library = new(Build);

    public string Root => root;

    /// <summary>How long the log is now: what was acknowledged by now is in it.</summary>
    public long Length => new FileInfo(log) is { Exists: true } file ? file.Length : 0;

    /// <summary>What is missing here to record, or null.</summary>
    public static string? Missing() => Compiler is null ? "a C compiler is not installed" : null;

    private static string? Compiler =>
        ((string[])["clang", "cc", "gcc"]).Select(Parts.Find).FirstOrDefault(path => path is not null);

    /// <summary>The environment, as <c>name=value</c>, under which the program is recorded.</summary>
    /// <param name="life">It dies as by kill -9 after so many records.</param>
    /// <param name="isUnsafe">SQLite then flushes nothing (<c>synchronous=OFF</c>).</param>
    public async Task<IReadOnlyList<string>> Environment(long? life = null, bool isUnsafe = false) =>
    [
        $"LD_PRELOAD={await s_library.Value}", $"EDGE_RECORD_PROGRAM={program}", $"EDGE_RECORD_ROOT={root}",
        $"EDGE_RECORD_LOG={log}",
        .. life is null ? Array.Empty<string>() : [$"EDGE_RECORD_LIFE={life}"],
        .. isUnsafe ? ["EDGE_RECORD_UNSAFE=1"] : Array.Empty<string>(),
    ];

    public RecordedDisk Read() => new(File.ReadAllBytes(log), root);

    private static async Task<string> Build()
    {
        var source = Path.Combine(Repository.Root, "tests", "Support", "PowerCuts", "recorder.c");
        var library = Path.Combine(Directory.CreateTempSubdirectory("edge-recorder-").FullName, "recorder.so");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
            Directory.Delete(Path.GetDirectoryName(library)!, recursive: true);
        (await Tool.Run(Compiler!, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source)).Ok();
        return library;
    }
}
