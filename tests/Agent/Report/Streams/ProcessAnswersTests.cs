using System.Text;
using Edge.Agent.Ledger;
using Edge.Agent.Report.Streams;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Streams;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Tests.Agent.Runtime;
using Edge.Tests.Support;
using Edge.Tests.Support.Containers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Report.Streams;

/// <summary>Commands in real containers, with the link's two ends in between.</summary>
public sealed class ProcessAnswersTests : IAsyncLifetime
{
    /// <summary>A resize has no order with the input.</summary>
    private const string UntilSize = "until busybox stty size 2> /dev/null | busybox grep";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>In the command lines of this test's processes, by which they are found in /proc.</summary>
    private readonly string _mark = $"{Random.Shared.Next(100_000, 1_000_000)}";

    private readonly FakeClock _clock = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edge-streams-");
    private RuntimeBench _bench = null!;
    private NodeLedger _ledger = null!;
    private ProcessAnswers _answers = null!;
    private string _id = "";

    public async Task InitializeAsync()
    {
        if (ContainerdDaemon.Missing is not null)
        {
            return;
        }

        _bench = await RuntimeBench.Start("streams");
        _ledger = NodeLedger.Open(_directory.FullName, NullLogger.Instance);
        _answers = new ProcessAnswers(_ledger, _bench.Runtime, _clock);
    }

    public async Task DisposeAsync()
    {
        if (_bench is not null)
        {
            await _bench.Runtime.RemoveContainer(_id, default);
            await _bench.DisposeAsync();
            _ledger.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    [SkippableFact]
    public async Task A_command_gets_its_input_and_gives_its_outputs_apart_and_its_exit_code()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants("sh", "-c", "cat; echo oops >&2; exit 7") with { Stdin = true });
        await pair.Server.Write("hello "u8.ToArray(), default);
        await pair.Server.Write("there\n"u8.ToArray(), default);
        pair.Server.Close();

        Assert.Equal(("hello there\n", "oops\n"), await Outputs(pair.Server));
        Assert.Equal(7, pair.Server.ExitCode);
        Assert.Null(await answer);
        NothingIsLeft();
    }

    [SkippableFact]
    public async Task A_terminal_has_one_output_and_the_size_it_is_told()
    {
        await Running();
        await using var pair = new StreamPair();
        const string script = $"read line; echo $TERM; {UntilSize} '43 132'; do :; done; busybox tty";
        var wants = Wants("sh", "-c", script) with { Stdin = true, Tty = true };
        var answer = Exec(pair, wants);
        pair.Server.Resize(132, 43);
        await pair.Server.Write("go\n"u8.ToArray(), default);

        var (output, error) = await Outputs(pair.Server);
        Assert.Equal("go\r\nxterm\r\n43 132\r\n/dev/pts/0\r\n", output);
        Assert.Equal("", error);
        Assert.Equal(0, pair.Server.ExitCode);
        Assert.Null(await answer);
    }

    [SkippableFact]
    public async Task A_command_that_cannot_be_run_says_why()
    {
        await Running();
        await using var pair = new StreamPair();

        var why = await Exec(pair, Wants("no-such-thing"));
        Assert.Contains("failed to exec in container: ", why);
        Assert.Contains("no-such-thing", why);
        NothingIsLeft();
    }

    [SkippableFact]
    public async Task Who_leaves_takes_the_command_with_him()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants(Sleeper) with { Stdin = true });
        Assert.Equal("here\n", await First(pair.Server));
        await Until(() => Marked().Length == 1);

        pair.Cut("the session was lost");
        await Assert.ThrowsAnyAsync<Exception>(() => answer);
        Assert.Empty(Marked());
        NothingIsLeft();
    }

    [SkippableFact]
    public async Task A_command_that_cannot_be_ended_while_containerd_is_away_is_ended_when_it_is_back()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants(Sleeper));
        Assert.Equal("here\n", await First(pair.Server));

        await _bench.Daemon.Kill();
        Assert.StartsWith("failed to exec in container: ", await answer);
        await Until(() => Marked().Length == 1);
        await _bench.Daemon.Run();
        await Until(() => Marked().Length == 0);
        await Until(() => Left().Length == 0);
        await _bench.Until(_id, container => container.State == RunState.Running);
    }

    [SkippableFact]
    public async Task An_agent_that_restarts_ends_what_the_one_before_left_running()
    {
        await Running();
        var left = await _bench.Runtime.StartExec(
            _id, new(Sleeper, Input: false, Output: true, Error: false, Terminal: false), default);
        Assert.Equal(5, await left.Read(ProcessStreams.Output, new byte[100], default).AsTask().WaitAsync(Limit));
        await Until(() => Marked().Length == 1);

        await _bench.RestartAgent();
        await Until(() => Marked().Length == 0);
        await Until(() => Left().Length == 0);
        await _bench.Until(_id, container => container.State == RunState.Running);
    }

    [SkippableFact]
    public async Task What_is_not_read_makes_the_command_wait_and_costs_no_more_than_the_window()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants("sh", "-c", $"head -c 5000000 /dev/zero; : {_mark}"));
        await Until(() => pair.Carried == LinkStream.WindowBytes);

        // A command whose output somebody takes is over within milliseconds.
        await Assert.ThrowsAsync<TimeoutException>(
            () => Until(() => Marked().Length == 0).WaitAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(LinkStream.WindowBytes, pair.Carried);
        Assert.Equal(5_000_000, (await Outputs(pair.Server)).Output.Length);
        Assert.Null(await answer);
    }

    [SkippableFact]
    public async Task What_a_command_wrote_before_it_ended_is_carried_however_long_the_link_takes()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants("head", "-c", "900000", "/dev/zero"));
        for (var times = 0; times < 3; times++)
        {
            await PassSilence(answer);
        }

        Assert.Equal(900_000, (await Outputs(pair.Server)).Output.Length);
        Assert.Equal(0, pair.Server.ExitCode);
        Assert.Null(await answer);
    }

    [SkippableFact]
    public async Task Children_that_hold_the_outputs_open_and_are_silent_do_not_hold_up_the_end()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants("sh", "-c", $"sleep {_mark} & echo here"));
        var outputs = Outputs(pair.Server);
        while (!answer.IsCompleted)
        {
            await PassSilence(answer);
        }

        Assert.Equal(("here\n", ""), await outputs);
        Assert.Equal(0, pair.Server.ExitCode);
    }

    [SkippableFact]
    public async Task The_first_at_a_container_whose_input_lives_once_ends_it_and_hears_the_rest()
    {
        const string script = "while read line; do echo got $line; done; sleep 1; echo bye; echo oops >&2";
        await Running(container => container with { Command = ["sh", "-c", script], Stdin = true, StdinOnce = true });
        await using var pair = new StreamPair();
        var answer = Attach(pair, Wants() with { Stdin = true });
        await pair.Server.Write("one\n"u8.ToArray(), default);
        Assert.Equal("got one\n", await First(pair.Server));
        pair.Server.Close();

        Assert.Equal(("bye\n", "oops\n"), await Outputs(pair.Server));
        Assert.Null(pair.Server.ExitCode);
        Assert.Null(await answer);
    }

    [SkippableFact]
    public async Task Many_are_at_an_open_input_one_after_the_other_and_at_once()
    {
        const string script = "while read line; do echo got $line; done";
        await Running(container => container with { Command = ["sh", "-c", script], Stdin = true });
        await using var watching = new StreamPair();
        var watcher = Attach(watching, Wants());
        await Accepted(watching);
        foreach (var word in (string[])["one", "two"])
        {
            await using var pair = new StreamPair();
            var answer = Attach(pair, Wants() with { Stdin = true });
            await pair.Server.Write(Encoding.UTF8.GetBytes($"{word}\n"), default);
            Assert.Equal($"got {word}\n", await First(pair.Server));
            pair.Server.Close();
            Assert.Null(await answer);
        }

        await _bench.Runtime.Kill(_id, 9, all: true, default);
        Assert.Equal(("got one\ngot two\n", ""), await Outputs(watching.Server));
        Assert.Null(await watcher);
        Assert.Equal("got one\ngot two\n", _bench.LogText());
    }

    [SkippableFact]
    public async Task A_containers_terminal_is_resized_echoes_and_ends_with_it()
    {
        const string script = $"echo $TERM; read line; {UntilSize} '30 100'; do :; done";
        await Running(container => container with { Command = ["sh", "-c", script], Stdin = true, Tty = true });
        await _bench.Until(_id, _ => File.Exists(_bench.LogFile()) && _bench.LogText() == "xterm\n");
        await using var pair = new StreamPair();
        var answer = Attach(pair, Wants() with { Stdin = true, Tty = true });
        pair.Server.Resize(100, 30);
        await pair.Server.Write("go\n"u8.ToArray(), default);

        var (output, error) = await Outputs(pair.Server);
        Assert.Equal(("go\r\n30 100\r\n", ""), (output, error));
        Assert.Null(await answer);
        Assert.Equal("xterm\ngo\n30 100\n", _bench.LogText());
    }

    [SkippableFact]
    public async Task Who_is_slow_at_a_container_gets_everything_all_the_same()
    {
        await Running(container => container with
        {
            Command = ["sh", "-c", "read line; seq 1 1000000"], Stdin = true,
        });
        await using var pair = new StreamPair();
        var answer = Attach(pair, Wants() with { Stdin = true });
        await pair.Server.Write("go\n"u8.ToArray(), default);
        await Until(() => pair.Carried >= LinkStream.WindowBytes);

        var numbers = (await Outputs(pair.Server)).Output.TrimEnd().Split('\n');
        Assert.Equal(("1", "1000000", 1_000_000), (numbers[0], numbers[^1], numbers.Length));
        Assert.Null(await answer);
    }

    [SkippableFact]
    public async Task A_container_that_does_not_run_is_refused_in_the_kubelets_words()
    {
        await Running();
        await using var pair = new StreamPair();

        Assert.Equal("container not found (\"other\")", await Exec(pair, Wants("true") with { Container = "other" }));
        Assert.Equal("container not found (\"main\")", await Exec(pair, Wants("true") with { PodUid = "other" }));
    }

    private async Task Running(Func<Container, Container>? change = null)
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        var image = await _bench.Pull(TinyImage.Busybox());
        var request = _bench.Request(image, ["sleep", "1000"]);
        _id = await _bench.Run(request with { Container = change?.Invoke(request.Container) ?? request.Container });
        _ledger.Save(new PodRecord
        {
            Uid = _bench.PodUid, Namespace = "default", Name = "pod",
            Containers = new Dictionary<string, ContainerRecord> { ["main"] = new() { Started = true } },
        });
    }

    private PodStreamRequest Wants(params string[] command) => new()
    {
        PodUid = _bench.PodUid, Container = "main", Command = command, Stdout = true, Stderr = true,
    };

    private Task<string?> Exec(StreamPair pair, PodStreamRequest request) =>
        _answers.Exec(StreamPair.Payload(request), pair.Agent, pair.Agent.Ended).WaitAsync(Limit);

    private Task<string?> Attach(StreamPair pair, PodStreamRequest request) =>
        End(pair, _answers.Attach(StreamPair.Payload(request), pair.Agent, pair.Agent.Ended)).WaitAsync(Limit);

    /// <summary>As <see cref="StreamAnswers"/> does it.</summary>
    private static async Task<string?> End(StreamPair pair, Task<string?> answer)
    {
        var error = await answer;
        pair.Agent.End(error);
        return error;
    }

    private static async Task Accepted(StreamPair pair) =>
        Assert.True((await pair.Server.ReadPiece(default).AsTask().WaitAsync(Limit))!.Data.IsEmpty);

    private static async Task<string> First(LinkStream stream)
    {
        while (true)
        {
            var piece = await stream.ReadPiece(default).AsTask().WaitAsync(Limit);
            if (!piece!.Data.IsEmpty)
            {
                return Encoding.UTF8.GetString(piece.Data.Span);
            }
        }
    }

    private static async Task<(string Output, string Error)> Outputs(LinkStream stream)
    {
        StringBuilder[] texts = [new(), new()];
        while (await stream.ReadPiece(default).AsTask().WaitAsync(Limit) is { } piece)
        {
            texts[piece.Channel].Append(Encoding.UTF8.GetString(piece.Data.Span));
        }

        return (texts[0].ToString(), texts[1].ToString());
    }

    /// <summary>Says that it is there and sleeps: one process, without a command line while it changes.</summary>
    private string[] Sleeper => ["sh", "-c", $"echo here; exec sleep {_mark}"];

    private string[] Marked() => [.. Directory.GetDirectories("/proc")
        .Where(process => File.Exists($"{process}/cmdline") && Command(process).Contains(_mark))];

    private string[] Left() => Directory.GetDirectories(Path.Combine(_bench.Settings.RunDir, "fifo", _id));

    private static async Task Until(Func<bool> condition)
    {
        for (var until = DateTime.UtcNow + Limit; !condition(); await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < until);
        }
    }

    /// <summary>Once somebody counts the time.</summary>
    private async Task PassSilence(Task answer)
    {
        await Until(() => _clock.IsAwaited || answer.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(10));
    }

    private static string Command(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private void NothingIsLeft() => Assert.Empty(Left());
}
