using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Edge.Tests.Server.Fuzz;

/// <summary>
/// Tries inputs one after the other: none may throw what is no answer, take long or take much memory.
/// <c>EDGE_FUZZ_SECONDS</c> is how long each fuzzer runs; without it each makes a fixed number of tries.
/// </summary>
internal static class FuzzLoop
{
    private const int Tries = 3000;

    /// <summary>Far more than any input here takes on a slow and busy machine.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    /// <summary>An input has 64 KiB at most, and a tree some hundred bytes a value.</summary>
    private const long BytesMax = 512L * 1024 * 1024;

    private static readonly int s_seconds = int.Parse(
        Environment.GetEnvironmentVariable("EDGE_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture);

    /// <summary>The seeds to try, one a try: a failure names the one that repeats it.</summary>
    public static IEnumerable<int> Seeds(int tries = Tries)
    {
        // Hours of trying begin elsewhere each time; a run of a fixed number is the same each time.
        var first = s_seconds > 0 ? Environment.TickCount & 0xFFFFFF : 0;
        var watch = Stopwatch.StartNew();
        for (var i = 0; s_seconds > 0 ? watch.Elapsed.TotalSeconds < s_seconds : i < tries; i++)
        {
            yield return first + i;
        }
    }

    /// <summary>Tries what makes its own input of the randomness; a failure names the seed.</summary>
    public static async Task Each(int tries, Func<Random, Task> attempt)
    {
        foreach (var seed in Seeds(tries))
        {
            try
            {
                await attempt(new Random(seed));
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}: {fault.Message}", fault);
            }
        }
    }

    /// <summary>Gives each input to the parser.</summary>
    public static void Run(IReadOnlyList<byte[]> corpus, Action<byte[]> parse)
    {
        foreach (var seed in Seeds())
        {
            var input = new Mutator(new Random(seed), corpus).Next();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var watch = Stopwatch.StartNew();
            try
            {
                parse(input);
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}: {fault.Message} of\n{Shown(input)}", fault);
            }

            var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(watch.Elapsed < s_longest, $"seed {seed} took {watch.Elapsed}:\n{Shown(input)}");
            Assert.True(bytes < BytesMax, $"seed {seed} took {bytes} bytes:\n{Shown(input)}");
        }
    }

    public static void RunText(IReadOnlyList<string> corpus, Action<string> parse) =>
        Run([.. corpus.Select(Encoding.UTF8.GetBytes)], input => parse(Encoding.UTF8.GetString(input)));

    private static string Shown(byte[] input) =>
        input.Length > 2000 ? $"{Encoding.Latin1.GetString(input[..2000])}…" : Encoding.Latin1.GetString(input);
}
