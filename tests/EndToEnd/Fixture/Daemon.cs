using System.Diagnostics;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>A long-running program of the fleet inside one network namespace, its output in a log file.</summary>
public sealed class Daemon(string name, string netns, string logDir, IReadOnlyList<string> command)
{
    private Process? _process;

    public string Log => Path.Combine(logDir, $"{name}.log");

    /// <summary>Flags behind its command, from its next start on.</summary>
    public IList<string> Flags { get; } = [];

    /// <summary>What its environment has besides, from its next start on.</summary>
    public IDictionary<string, string> Variables { get; } = new Dictionary<string, string>();

    public bool Running => _process is { HasExited: false };

    public int Pid => _process?.Id ?? throw new InvalidOperationException($"{name} was never started");

    public void Start()
    {
        // exec all the way, so that the process we hold is the program itself. nsenter and not `ip netns exec`: that
        // would make a mount namespace in which others do not see what is mounted.
        var line = $"exec nsenter --net=/run/netns/{netns} \"$@\" >>{Log} 2>&1 </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", line, name, .. command, .. Flags]);
        foreach (var (variable, value) in Variables)
        {
            start.Environment[variable] = value;
        }

        _process = Process.Start(start);
    }

    /// <summary>kill -9, the end that nobody can prepare for.</summary>
    public async Task Kill()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    /// <summary>SIGTERM, then SIGKILL when that does not help.</summary>
    public async Task Stop()
    {
        if (_process is not { HasExited: false } process)
        {
            return;
        }

        await Tool.Run("kill", "-TERM", process.Id.ToString());
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            await Kill();
        }
    }

    public string Tail(int lines = 12) =>
        File.Exists(Log) ? string.Join('\n', File.ReadLines(Log).TakeLast(lines)) : "(no log)";
}
