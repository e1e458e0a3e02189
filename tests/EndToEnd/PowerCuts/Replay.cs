using System.Diagnostics;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>One cut of a replay.</summary>
internal readonly record struct Cut(int Number, long Length, Unflushed Unflushed);

/// <summary>Cuts a recording at many points and lets the program's own code say what it finds.</summary>
internal sealed class Replay(RecordedDisk disk, int seed)
{
    /// <summary>One fault is worth showing, and a few tell whether they are alike.</summary>
    private const int Shown = 5;

    /// <summary>
    /// Sharp moments are those right after an acknowledgement; early ones those in which everything is made.
    /// </summary>
    public IReadOnlyList<Cut> Choose(int count, IReadOnlyList<long> sharp, long early)
    {
        var random = new Random(seed);
        var lengths = Enumerable.Range(0, count).Select(number => (number % 20) switch
        {
            < 2 => random.NextInt64(early),
            < 11 when sharp.Count > 0 => sharp[random.Next(sharp.Count)],
            _ => disk.Ends[random.Next(disk.Ends.Count)],
        });
        return
        [
            .. lengths.Order().Select((length, number) => new Cut(number, length, random.Next(6) switch
            {
                0 => Unflushed.Lost,
                1 => Unflushed.Kept,
                _ => Unflushed.Mixed,
            })),
        ];
    }

    /// <summary>The disk of one cut, in a directory that is emptied before.</summary>
    public void Write(PowerCut cuts, Cut cut, string directory) =>
        cuts.Write(cut.Length, cut.Unflushed, new Random(unchecked((seed * 1_000_003) + cut.Number)), directory);

    /// <summary>How many disks had something wrong, and what it was with the first ones.</summary>
    public async Task<ReplayResult> Run(
        IReadOnlyList<Cut> cuts, string directory, Func<string, Cut, Task<IReadOnlyList<string>>> faults)
    {
        var since = Stopwatch.StartNew();
        var workers = Math.Max(1, Environment.ProcessorCount);
        var found = await Task.WhenAll(cuts.Chunk((cuts.Count / workers) + 1).Select((chunk, worker) =>
            Task.Run(() => RunSome(chunk, Path.Combine(directory, $"{worker}"), faults))));
        return new ReplayResult(cuts.Count, since.Elapsed, [.. found.SelectMany(some => some)]);
    }

    private async Task<List<string>> RunSome(
        Cut[] cuts, string directory, Func<string, Cut, Task<IReadOnlyList<string>>> faults)
    {
        var found = new List<string>();
        var state = new PowerCut(disk);
        foreach (var cut in cuts)
        {
            Write(state, cut, directory);
            if (await faults(directory, cut) is { Count: > 0 } wrong)
            {
                found.Add($"seed {seed}, {cut}: {string.Join("; ", wrong.Take(Shown))}");
            }
        }

        return found;
    }
}

/// <summary>What came of a replay: a line for each disk that something was wrong with.</summary>
internal sealed record ReplayResult(int Disks, TimeSpan Took, IReadOnlyList<string> Wrong)
{
    public override string ToString() =>
        $"{Disks} disks after power cuts in {Took.TotalSeconds:0} s, {Wrong.Count} of them wrong"
        + string.Concat(Wrong.Take(10).Select(line => $"\n  {line}"));
}
