using System.Text;
using Edge.Server.Store;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Store;

/// <summary>A store in its own directory, which the fixture removes.</summary>
internal sealed class StoreFixture : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edge-store-");

    public StoreFixture(int checkpointPages = 1000)
    {
        CheckpointPages = checkpointPages;
        Store = OpenAt(Path);
    }

    public FakeClock Clock { get; } = new();

    public ObjectStore Store { get; private set; }

    public string Path => System.IO.Path.Combine(_directory.FullName, "edge.db");

    private int CheckpointPages { get; }

    public static byte[] Value(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(StoredObject? stored) => Encoding.UTF8.GetString(stored!.Value.Value.Span);

    public async Task<long> Put(string key, string value, CancellationToken ct = default)
    {
        var result = await Store.Txn([], [StoreOp.Put(key, Value(value))], ct);
        return Assert.IsType<TxnResult.Committed>(result).Revision;
    }

    public async Task<long> Delete(string key) =>
        Assert.IsType<TxnResult.Committed>(await Store.Txn([], [StoreOp.Delete(key)], default)).Revision;

    public async Task Reopen()
    {
        await Store.DisposeAsync();
        Store = OpenAt(Path);
    }

    /// <summary>
    /// What a power cut would leave at this moment: the file first, then its log, which only grows while no checkpoint
    /// runs. <paramref name="tear"/> bytes are cut off the log's end, as a torn write would.
    /// </summary>
    public ObjectStore OpenCopy(int number, int tear)
    {
        var copy = System.IO.Path.Combine(_directory.FullName, $"copy{number}.db");
        File.Copy(Path, copy);
        var log = ReadShared(Path + "-wal");
        File.WriteAllBytes(copy + "-wal", log[..Math.Max(0, log.Length - tear)]);
        return OpenAt(copy);
    }

    public long LogLength() => new FileInfo(Path + "-wal").Length;

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private ObjectStore OpenAt(string path) => ObjectStore.Open(
        new StoreSettings(path, new byte[SecretKeyFile.KeyBytes]) { CheckpointPages = CheckpointPages },
        Clock, NullLogger<ObjectStore>.Instance);
}
