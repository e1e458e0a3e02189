using Edge.Server.Store;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Store;

/// <summary>The store on a real file system that is full.</summary>
public sealed class FullDiskTests
{
    private const int Kibibytes = 600;

    [SkippableFact]
    public async Task A_write_that_does_not_fit_is_refused_changes_nothing_and_ends_nothing()
    {
        Skip.IfNot(SmallDisk.Allowed, "mounting a small disk needs root");
        using var disk = new SmallDisk(Kibibytes);
        await using (var store = Open(disk))
        {
            await Put(store, "/registry/a", new byte[1024]);

            var refused = await Assert.ThrowsAsync<StoreException>(
                () => Put(store, "/registry/b", new byte[Kibibytes * 1024]));
            Assert.Equal(StoreReason.Full, refused.Reason);
            Assert.Null(store.Get("/registry/b"));

            disk.Resize(40 * Kibibytes);
            await Put(store, "/registry/c", new byte[Kibibytes * 1024]);
        }

        await using var again = Open(disk);
        Assert.Equal(["/registry/a", "/registry/c"], again.List("/registry/").Items.Select(item => item.Key));
    }

    private static ObjectStore Open(SmallDisk disk) => ObjectStore.Open(
        new StoreSettings(Path.Combine(disk.Path, "edge.db"), new byte[SecretKeyFile.KeyBytes]),
        new FakeClock(), NullLogger<ObjectStore>.Instance);

    /// <summary>Noise, which no compression makes small.</summary>
    private static Task<TxnResult> Put(ObjectStore store, string key, byte[] value)
    {
        new Random(1).NextBytes(value);
        return store.Txn([], [StoreOp.Put(key, value)], CancellationToken.None);
    }
}
