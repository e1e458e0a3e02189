using Edge.Server;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// A recording of a server's lives: the first ends by kill -9 between two writes to the disk, the second makes a backup
/// and is stopped, the backup is restored, the third is killed again.
/// </summary>
internal sealed class ServerSession(RecordedServer server, int seed)
{
    /// <summary>
    /// Records of one life: at least once the log is copied into the database (4000 pages, two records and a bit each).
    /// </summary>
    private const int LifeRecords = 14_000;

    private readonly Random _random = new(seed);

    /// <summary>
    /// The recording's length when a client first knew the server: its certificates may not change since.
    /// </summary>
    public long Known { get; private set; }

    public History BeforeRestore { get; } = new();

    /// <summary>Null where nothing was restored.</summary>
    public History? AfterRestore { get; private set; }

    /// <summary>Between which lengths of the recording the restore was under way.</summary>
    public (long Begun, long Done) Restored { get; private set; } = (long.MaxValue, long.MaxValue);

    /// <summary>The recording's lengths at which something was acknowledged.</summary>
    public IReadOnlyList<long> Sharp =>
        [.. BeforeRestore.Acknowledgements, .. AfterRestore?.Acknowledgements ?? []];

    private Recorder Recorder => server.Recorder;

    /// <summary>One life with <c>synchronous=OFF</c>, for the negative control.</summary>
    public Task RecordUnsafe() => LiveAndDie("unsafe", BeforeRestore, isUnsafe: true);

    public async Task Record()
    {
        await LiveAndDie("first", BeforeRestore);
        var backup = server.At("backup");
        var taken = 0L;
        using (var client = await Start(await Recorder.Environment()))
        {
            await WriteUntil(client, "second", Recorder.Length + 4_000_000);
            await BackupRequest.Fetch(
                Path.Combine(server.Disk, "data", "admin.kubeconfig"), backup, CancellationToken.None);
            taken = Recorder.Length;
            await WriteUntil(client, "lost", Recorder.Length + 2_000_000);
            await server.Stop();
        }

        var begun = Recorder.Length;
        await server.Restore(await Recorder.Environment(), backup);
        Restored = (begun, Recorder.Length);
        AfterRestore = BeforeRestore.Until(taken);
        await LiveAndDie("third", AfterRestore);
        await server.Kill();
    }

    /// <summary>What a disk has wrong that a cut at this length left; empty when all is well.</summary>
    public IReadOnlyList<string> Faults(
        long cut, IReadOnlyDictionary<string, (string Text, long Revision)> found, long revision)
    {
        var before = BeforeRestore.Faults(cut, found, revision);
        if (AfterRestore is null || cut < Restored.Begun)
        {
            return [.. before];
        }

        var after = AfterRestore.Faults(cut, found, revision).ToList();
        return after.Count == 0 || (cut < Restored.Done && !before.Any()) ? [] : after;
    }

    private async Task LiveAndDie(string life, History history, bool isUnsafe = false)
    {
        using var client = await Start(
            await Recorder.Environment(_random.Next(LifeRecords * 3 / 4, LifeRecords), isUnsafe));
        await new Writers(client, () => Recorder.Length, history, life).Run(_random.Next(), CancellationToken.None);
        await server.UntilEnded();
    }

    private async Task WriteUntil(AdminClient client, string life, long length)
    {
        using var enough = new CancellationTokenSource();
        var writing = new Writers(client, () => Recorder.Length, BeforeRestore, life).Run(_random.Next(), enough.Token);
        while (!writing.IsCompleted && Recorder.Length < length)
        {
            await Task.WhenAny(writing, Task.Delay(10));
        }

        await enough.CancelAsync();
        await writing;
    }

    private async Task<AdminClient> Start(IReadOnlyList<string> environment)
    {
        var client = await server.Start(environment)
            ?? throw new InvalidOperationException($"the server ended:\n{server.Log}");
        Known = Known > 0 ? Known : Recorder.Length;
        return client;
    }
}
