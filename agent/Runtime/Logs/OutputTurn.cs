using System.Globalization;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// Whose turn it is to drain the containers' output: one process at a time, or lines would be torn and lost. The agent
/// asks the drain to yield; a second agent, or a second drain, is refused. Whoever ends gives it back.
/// </summary>
internal sealed class OutputTurn : IDisposable
{
    private const string Agent = "agent";
    private const string Drain = "drain";
    private const int Terminate = 15;

    /// <summary>
    /// The drain only has to come to the end of one turn of its poller, and a killed agent to be gone; a slow disk
    /// makes either long.
    /// </summary>
    private static readonly TimeSpan YieldMax = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _lock;

    /// <summary>Reading ends: what is in the pipes of a container that just ended outlives the hand-over.</summary>
    private readonly List<Fifo> _held;

    private OutputTurn(FileStream held, string who, List<Fifo> fifos)
    {
        (_lock, _held) = (held, fifos);
        held.SetLength(0);
        using var writer = new StreamWriter(held, leaveOpen: true);
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{who} {System.Environment.ProcessId}\n"));
    }

    /// <summary>The agent's turn; who drains meanwhile is asked to end.</summary>
    /// <exception cref="RuntimeException">In 30 s the other did not yield, or is another agent.</exception>
    public static async Task<OutputTurn> Take(string runDir, TimeProvider clock, CancellationToken token)
    {
        var held = HoldAll(runDir);
        var since = clock.GetTimestamp();
        var asked = 0;
        while (true)
        {
            if (TryOpen(runDir) is { } file)
            {
                return new OutputTurn(file, Agent, held);
            }

            var (who, process) = Holder(runDir);
            if (clock.GetElapsedTime(since) > YieldMax)
            {
                held.ForEach(fifo => fifo.Dispose());
                throw new RuntimeException(
                    RuntimeReason.Refused, $"process {process} ({who}) drains the containers of {runDir}");
            }

            if (who == Drain && process != asked)
            {
                asked = process;
                Libc.Kill(process, Terminate);
            }

            await Task.Delay(LookEvery, clock, token);
        }
    }

    /// <summary>The drain's turn; null when somebody drains already.</summary>
    public static OutputTurn? TryTakeForDrain(string runDir) =>
        TryOpen(runDir) is { } file ? new OutputTurn(file, Drain, []) : null;

    /// <summary>Once the containers are attached.</summary>
    public void ReleaseHeld()
    {
        _held.ForEach(fifo => fifo.Dispose());
        _held.Clear();
    }

    public void Dispose()
    {
        ReleaseHeld();
        _lock.Dispose();
    }

    private static string PathIn(string runDir) => Path.Combine(runDir, "output.lock");

    /// <summary>The runtime locks by flock(2), which ends with the process.</summary>
    private static FileStream? TryOpen(string runDir)
    {
        try
        {
            return new FileStream(PathIn(runDir), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>What the holder wrote of itself, read without a lock; nothing when it is just being written.</summary>
    private static (string Who, int Process) Holder(string runDir)
    {
        try
        {
            using var file = Libc.OpenInRoot("/", PathIn(runDir));
            Span<byte> text = stackalloc byte[32];
            var length = file is null ? 0 : RandomAccess.Read(file, text, 0);
            var words = System.Text.Encoding.ASCII.GetString(text[..length]).TrimEnd('\n').Split(' ');
            return words is [var who, var process]
                && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                ? (who, id)
                : ("", 0);
        }
        catch (IOException)
        {
            return ("", 0);
        }
    }

    private static List<Fifo> HoldAll(string runDir)
    {
        var held = new List<Fifo>();
        foreach (var directory in LogPaths.FifoDirectories(runDir))
        {
            held.Add(Fifo.Open(Path.Combine(directory, "stdout")));
            held.Add(Fifo.Open(Path.Combine(directory, "stderr")));
        }

        return held;
    }
}
