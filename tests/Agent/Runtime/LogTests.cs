using System.Text;
using Edge.Agent.Runtime.Logs;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Runtime;

public sealed class LogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-logs-").FullName;
    private readonly FakeClock _clock = new();

    private string Log => Path.Combine(_directory, "0.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_line_without_its_end_is_written_as_a_part_and_reads_as_one_line()
    {
        Write("hello ", "world\n");

        Assert.Equal(
            "2026-01-01T00:00:00.000000000Z stdout P hello \n2026-01-01T00:00:00.000000000Z stdout F world\n",
            File.ReadAllText(Log));
        Assert.Equal("2026-01-01T00:00:00.000000000Z hello world\n", Read(new LogQuery { Timestamps = true }));
    }

    [Fact]
    public void A_line_longer_than_the_limit_is_split_and_read_whole()
    {
        var line = new string('x', 50_000) + "\n";
        Write(line);

        Assert.Equal(4, File.ReadLines(Log).Count());
        Assert.Equal(line, Read(new LogQuery()));
    }

    [Fact]
    public void A_line_of_exactly_the_limit_is_full()
    {
        Write(new string('x', CriLine.TextBytesMax) + "\n");

        Assert.Contains(" F ", Assert.Single(File.ReadLines(Log)), StringComparison.Ordinal);
    }

    [Fact]
    public void Rotation_keeps_the_newest_files_within_the_cap_and_the_tail_reads_across_them()
    {
        using (var file = new LogFile(Log, bytesMax: 1000, filesMax: 3))
        {
            for (var i = 0; i < 100; i++)
            {
                Append(file, $"line {i}\n");
            }
        }

        Assert.Equal(["0.log", "0.log.1", "0.log.2"], Directory.GetFiles(_directory).Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(_directory), path => Assert.True(new FileInfo(path).Length <= 1000));
        var last = string.Concat(Enumerable.Range(70, 30).Select(i => $"line {i}\n"));
        Assert.Equal(last, Read(new LogQuery { TailLines = 30 }));
        Assert.EndsWith(last, Read(new LogQuery()), StringComparison.Ordinal);
        Assert.Equal("", Read(new LogQuery { TailLines = 0 }));
    }

    [Fact]
    public void Since_and_limit_cut_the_output()
    {
        Write("old\n");
        _clock.Advance(TimeSpan.FromMinutes(1));
        var since = _clock.GetUtcNow();
        Write("new one\n", "new two\n");

        Assert.Equal("new one\nnew two\n", Read(new LogQuery { SinceTime = since }));
        Assert.Equal("new o", Read(new LogQuery { SinceTime = since, LimitBytes = 5 }));
    }

    [Fact]
    public void A_damaged_line_is_passed_over()
    {
        Write("good\n");
        File.AppendAllText(Log, "\0\0\0garbage\n");
        Write("better\n");

        Assert.Equal("good\nbetter\n", Read(new LogQuery()));
    }

    [Fact]
    public async Task Following_goes_on_through_rotation_and_ends_when_the_container_has()
    {
        using var file = new LogFile(Log, bytesMax: 200, filesMax: 5);
        Append(file, "first\n");
        var (ended, text) = (false, new StringBuilder());
        var reading = Task.Run(async () =>
        {
            await foreach (var piece in new LogReader(TimeProvider.System)
                .Read(Log, new LogQuery { Follow = true }, () => Volatile.Read(ref ended), CancellationToken.None))
            {
                lock (text)
                {
                    text.Append(Encoding.UTF8.GetString(piece.Span));
                }
            }
        });
        SpinWait.SpinUntil(() => { lock (text) { return text.Length > 0; } }, TimeSpan.FromSeconds(5));
        for (var i = 0; i < 4; i++)
        {
            Append(file, $"{new string('y', 60)}{i}\n");
        }

        Volatile.Write(ref ended, true);
        await reading.WaitAsync(TimeSpan.FromSeconds(10));

        var expected = "first\n" + string.Concat(Enumerable.Range(0, 4).Select(i => $"{new string('y', 60)}{i}\n"));
        Assert.Equal(expected, text.ToString());
    }

    private void Write(params string[] outputs)
    {
        using var file = new LogFile(Log, bytesMax: 10_000_000, filesMax: 5);
        foreach (var output in outputs)
        {
            Append(file, output);
        }
    }

    private void Append(LogFile file, string output)
    {
        var lines = new System.Buffers.ArrayBufferWriter<byte>();
        CriLine.Format(Encoding.UTF8.GetBytes(output), "stdout", _clock.GetUtcNow(), lines);
        file.Append(lines.WrittenSpan);
    }

    private string Read(LogQuery query)
    {
        var text = new StringBuilder();
        var reader = new LogReader(_clock).Read(Log, query, () => true, CancellationToken.None);
        foreach (var piece in reader.ToBlockingEnumerable())
        {
            text.Append(Encoding.UTF8.GetString(piece.Span));
        }

        return text.ToString();
    }
}
