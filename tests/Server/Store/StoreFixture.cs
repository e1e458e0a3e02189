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
        Path = System.IO.Path.Combine(_directory.FullName, "edge.db");
        Store = OpenAt(Path);
    }

    public FakeClock Clock { get; } = new();

    public ObjectStore Store { get; private set; }

    public string Path { get; private set; }

    private int Cuts { get; set; }

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

    /// <summary>The store goes on as what a backup holds; the revision that the restore went on from.</summary>
    public async Task<long> Restore(string backup)
    {
        await Store.DisposeAsync();
        try
        {
            return StoreRestore.Run(backup, Path, Clock.GetUtcNow());
        }
        finally
        {
            Store = OpenAt(Path);
        }
    }

    /// <summary>
    /// What a power cut would leave at this moment: the file first, then its log, which only grows while no checkpoint
    /// runs. <paramref name="tear"/> bytes are cut off the log's end, as a torn write would.
    /// </summary>
    public ObjectStore OpenCopy(int number, int tear) => OpenAt(CopyTo($"copy{number}.db", tear));

    /// <summary>The store goes on as what a power cut at this moment leaves of it.</summary>
    public async Task CutPower()
    {
        var copy = CopyTo($"cut{++Cuts}.db", tear: 0);
        await Store.DisposeAsync();
        Path = copy;
        Store = OpenAt(Path);
    }

    public long LogLength() => new FileInfo(Path + "-wal").Length;

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private string CopyTo(string name, int tear)
    {
        var copy = System.IO.Path.Combine(_directory.FullName, name);
        File.Copy(Path, copy);
        var log = ReadShared(Path + "-wal");
        File.WriteAllBytes(copy + "-wal", log[..Math.Max(0, log.Length - tear)]);
        return copy;
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
