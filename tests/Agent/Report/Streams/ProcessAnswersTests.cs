using System.Text;
using Edge.Agent.Ledger;
using Edge.Agent.Report.Streams;
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
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

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
        _answers = new ProcessAnswers(_ledger, _bench.Runtime, TimeProvider.System);
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
        var wants = Wants("sh", "-c", "read line; echo $TERM; busybox stty size; busybox tty") with { Stdin = true, Tty = true };
        var answer = Exec(pair, wants);
        pair.Server.Resize(132, 43);
        await Task.Delay(500);
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
        var answer = Exec(pair, Wants("sh", "-c", "echo here; exec sleep 4242") with { Stdin = true });
        Assert.Equal("here\n", await First(pair.Server));
        Assert.Single(Sleepers());

        pair.Cut("the session was lost");
        await Assert.ThrowsAnyAsync<Exception>(() => answer);
        Assert.Empty(Sleepers());
        NothingIsLeft();
    }

    [SkippableFact]
    public async Task What_is_not_read_makes_the_command_wait_and_costs_no_more_than_the_window()
    {
        await Running();
        await using var pair = new StreamPair();
        var answer = Exec(pair, Wants("sh", "-c", "cat /dev/zero | head -c 5000000"));
        while (pair.Carried < LinkStream.WindowBytes)
        {
            await Task.Delay(10);
        }

        await Task.Delay(200);
        Assert.Equal(LinkStream.WindowBytes, pair.Carried);
        Assert.Equal(5_000_000, (await Outputs(pair.Server)).Output.Length);
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

    private async Task Running()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        var image = await _bench.Pull(TinyImage.Busybox());
        _id = await _bench.Run(_bench.Request(image, ["sleep", "1000"]));
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

    private static string[] Sleepers() => [.. Directory.GetDirectories("/proc")
        .Where(process => File.Exists($"{process}/cmdline") && Command(process) == "sleep\04242\0")];

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

    private void NothingIsLeft() =>
        Assert.Empty(Directory.GetDirectories(Path.Combine(_bench.Settings.RunDir, "fifo", _id)));
}
