using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Edge.Agent.Runtime.Logs;

/// <summary>What `kubectl logs` may ask, in the API's words.</summary>
internal sealed record LogQuery
{
    public long? TailLines { get; init; }

    public DateTimeOffset? SinceTime { get; init; }

    public long? LimitBytes { get; init; }

    public bool Timestamps { get; init; }

    public bool Follow { get; init; }
}

/// <summary>Reads the CRI-format log of one container attempt, across its rotated files.</summary>
internal sealed class LogReader(TimeProvider clock)
{
    /// <summary>Below the link's 64 KiB packets.</summary>
    public const int PieceBytesMax = 32 * 1024;

    /// <summary>Only while somebody follows; fast enough for the eye.</summary>
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Yields pieces of at most <see cref="PieceBytesMax"/> as kubectl prints them. With Follow it ends after
    /// <paramref name="finished"/> says true and nothing more comes. No file is no output.
    /// </summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> Read(
        string logFile, LogQuery query, Func<bool> finished, [EnumeratorCancellation] CancellationToken token)
    {
        var printer = new LogPrinter(query);
        var (index, skip) = Start(logFile, query);
        printer.Skip(skip);
        while (!printer.IsFull)
        {
            var path = index == 0 ? logFile : $"{logFile}.{index}";
            var last = finished();
            if (!File.Exists(path))
            {
                if (!query.Follow || last)
                {
                    yield break;
                }

                await Task.Delay(FollowEvery, clock, token);
                continue;
            }

            using var file = new CriFile(path);
            int next;
            while (true)
            {
                // Asked before reading: what was written before the end is then surely read.
                last = finished();
                var age = index > 0 ? index : file.Age();
                while (printer.Print(file) is { Length: > 0 } piece)
                {
                    yield return piece;
                }

                if (age != 0 || printer.IsFull || !query.Follow || last)
                {
                    // A deleted file was older than all that are left.
                    next = age == 0 ? -1 : (age ?? Oldest(logFile) + 1) - 1;
                    break;
                }

                await Task.Delay(FollowEvery, clock, token);
            }

            if (next < 0)
            {
                yield break;
            }

            index = next;
        }
    }

    /// <summary>The oldest file to read (0 is the current one) and how many full lines of it to pass over.</summary>
    private static (int Index, long Skip) Start(string logFile, LogQuery query)
    {
        var oldest = Oldest(logFile);
        if (query.TailLines is not { } tail)
        {
            return (oldest, 0);
        }

        var counted = 0L;
        for (var index = 0; index <= oldest; index++)
        {
            var path = index == 0 ? logFile : $"{logFile}.{index}";
            counted += File.Exists(path) ? CountLines(path) : 0;
            if (counted >= tail)
            {
                return (index, counted - tail);
            }
        }

        return (oldest, 0);
    }

    private static int Oldest(string logFile)
    {
        var oldest = 0;
        while (File.Exists($"{logFile}.{oldest + 1}"))
        {
            oldest++;
        }

        return oldest;
    }

    private static long CountLines(string path)
    {
        using var file = new CriFile(path);
        var count = 0L;
        while (file.TryReadLine(out var line))
        {
            count += CriLine.TryParse(line, out _, out var full, out _) && full ? 1 : 0;
        }

        return count;
    }
}

/// <summary>Turns CRI lines into what kubectl prints, within the query's limits.</summary>
internal sealed class LogPrinter(LogQuery query)
{
    private readonly ArrayBufferWriter<byte> _piece = new(LogReader.PieceBytesMax);
    private long _left = query.LimitBytes ?? long.MaxValue;
    private long _skip;
    private bool _lineStart = true;

    public bool IsFull => _left <= 0;

    public void Skip(long lines) => _skip = lines;

    /// <summary>The next piece of the file; empty at its present end.</summary>
    public byte[] Print(CriFile file)
    {
        _piece.ResetWrittenCount();
        while (!IsFull && _piece.WrittenCount < LogReader.PieceBytesMax - CriLine.TextBytesMax - 64
            && file.TryReadLine(out var line))
        {
            if (CriLine.TryParse(line, out var at, out var full, out var text))
            {
                Print(at, full, text);
            }
        }

        return _piece.WrittenSpan.ToArray();
    }

    private void Print(DateTimeOffset at, bool full, ReadOnlySpan<byte> text)
    {
        var begins = _lineStart;
        _lineStart = full;
        if (_skip > 0)
        {
            _skip -= full ? 1 : 0;
            return;
        }

        if (at < query.SinceTime)
        {
            return;
        }

        if (query.Timestamps && begins)
        {
            Write(Encoding.ASCII.GetBytes($"{CriLine.Time(at)} "));
        }

        Write(text);
        if (full)
        {
            Write("\n"u8);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        var allowed = bytes[..(int)Math.Min(bytes.Length, _left)];
        _piece.Write(allowed);
        _left -= allowed.Length;
    }
}
