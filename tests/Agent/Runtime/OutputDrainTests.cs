using System.Text;
using Edge.Agent;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Logs;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Runtime;

/// <summary>Agent and drain after one another at the FIFOs of a container that never stops writing.</summary>
public sealed class OutputDrainTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _directory = MemoryDirectory.Create("edge-drain-");

    private string RunDir => Path.Combine(_directory, "run");

    private string FifoDirectory => LogPaths.FifoDirectory(RunDir, "c1");

    private string Log => Path.Combine(_directory, "logs", "0.log");

    public OutputDrainTests() => Directory.CreateDirectory(RunDir);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_drain_goes_on_where_the_agent_stopped_and_the_agent_where_the_drain_did()
    {
        using var ended = new CancellationTokenSource();
        var first = await Agent();
        // As the shim does: both ends are open as long as the container lives.
        await using var writer = new FileStream(
            Path.Combine(FifoDirectory, "stdout"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        Write(writer, "one\n");
        await UntilLogged("one");
        first.End();

        var drain = OutputDrain.Run(RunDir, BootClock.Instance, NullLogger.Instance, ended.Token);
        Write(writer, "two\n");
        await UntilLogged("two");
        await ended.CancelAsync();
        Assert.Equal(0, await drain);
        Write(writer, "three\n");

        (await Agent()).End(() => UntilLogged("three").GetAwaiter().GetResult());
        Assert.Equal(["one", "two", "three"], Logged());
    }

    [Fact]
    public async Task A_drain_beside_an_agent_or_another_drain_does_nothing()
    {
        var agent = await Agent();
        Assert.Equal(0, await Drain(CancellationToken.None));
        agent.End();

        using var ended = new CancellationTokenSource();
        var first = Drain(ended.Token);
        Assert.Equal(0, await Drain(CancellationToken.None));
        Assert.False(first.IsCompleted);
        await ended.CancelAsync();
        Assert.Equal(0, await first);
    }

    [Fact]
    public async Task A_machine_on_which_no_agent_ever_ran_has_nothing_to_drain()
    {
        Directory.Delete(RunDir);

        Assert.Equal(0, await Drain(CancellationToken.None));
    }

    [Fact]
    public async Task An_agent_beside_an_agent_waits_for_it_to_be_gone_and_then_gives_up()
    {
        var clock = new FakeClock();
        using var turn = await OutputTurn.Take(RunDir, clock, CancellationToken.None);
        var second = OutputTurn.Take(RunDir, clock, CancellationToken.None);
        while (!second.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var refused = await Assert.ThrowsAsync<RuntimeException>(() => second);
        Assert.Contains($"process {Environment.ProcessId} (agent)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_poller_that_turns_is_told_from_one_that_was_not_asked_long_enough()
    {
        using var logs = new ContainerLogs(new FakeClock(), NullLogger.Instance);
        for (var beat = 0; beat < 5; beat++)
        {
            var turned = false;
            for (var since = DateTime.UtcNow; !turned && DateTime.UtcNow - since < Patience; await Task.Delay(1))
            {
                turned = logs.IsTurning();
            }

            Assert.True(turned);
        }
    }

    private Task<int> Drain(CancellationToken token) =>
        OutputDrain.Run(RunDir, BootClock.Instance, NullLogger.Instance, token);

    /// <summary>As the entry point does it.</summary>
    private async Task<Draining> Agent()
    {
        var turn = await OutputTurn.Take(RunDir, BootClock.Instance, CancellationToken.None);
        var logs = new ContainerLogs(BootClock.Instance, NullLogger.Instance);
        logs.AttachLeft(RunDir, new Edge.Agent.Runtime.RuntimeSettings());
        turn.ReleaseHeld();
        logs.Attach("c1", FifoDirectory, new LogFile(Log, 1 << 20, 5), isTerminal: false);
        return new Draining(turn, logs);
    }

    private static void Write(FileStream fifo, string text) => fifo.Write(Encoding.UTF8.GetBytes(text));

    private List<string> Logged()
    {
        return File.Exists(Log)
            ? [.. File.ReadLines(Log).Select(line => line.Split(' ', 4)[3])]
            : [];
    }

    private async Task UntilLogged(string line)
    {
        for (var since = DateTime.UtcNow; !Logged().Contains(line); await Task.Delay(5))
        {
            Assert.True(DateTime.UtcNow - since < Patience, $"{line} is not in the log");
        }
    }

    private sealed record Draining(OutputTurn Turn, ContainerLogs Logs)
    {
        public void End(Action? before = null)
        {
            before?.Invoke();
            Logs.Dispose();
            Turn.Dispose();
        }
    }
}
