using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Edge.Tests.Support;

/// <summary>
/// A network namespace that a test's code runs in, as an agent runs in its node's: one thread that has left the
/// machine's network and runs every continuation of the test. Programs started by that code are inside too. The
/// namespace is gone with the thread, and with it every interface and nft table of the test.
/// </summary>
public sealed partial class NodeNetns : SynchronizationContext
{
    private const int CloneNewNet = 0x4000_0000;

    private readonly Queue<(SendOrPostCallback Work, object? State)> _work = [];
    private bool _ended;

    public static bool Allowed => geteuid() == 0;

    public static Task Run(Func<Task> test)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var context = new NodeNetns();
        var thread = new Thread(() => context.Pump(test, done)) { IsBackground = true, Name = "node netns" };
        thread.Start();
        return done.Task;
    }

    /// <summary>Runs a shell command inside; the output is what it printed, and a failure fails the test.</summary>
    public static async Task<string> Shell(string command)
    {
        var (code, output) = await TryShell(command);
        return code == 0 ? output : throw new InvalidOperationException($"{command}: exit {code}: {output}");
    }

    public static async Task<(int Code, string Output)> TryShell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{{ {command}\n}} 2>&1"])
        {
            RedirectStandardOutput = true,
        })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Trim());
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_work)
        {
            _work.Enqueue((d, state));
            Monitor.Pulse(_work);
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    private void Pump(Func<Task> test, TaskCompletionSource done)
    {
        if (unshare(CloneNewNet) != 0)
        {
            done.SetException(new InvalidOperationException($"unshare: {Marshal.GetLastPInvokeErrorMessage()}"));
            return;
        }

        SetSynchronizationContext(this);
        var running = test();
        running.ContinueWith(_ => End(), TaskScheduler.Default);
        while (Next() is { } next)
        {
            next.Work(next.State);
        }

        if (running.Exception is { } failure)
        {
            done.SetException(failure.InnerExceptions);
        }
        else
        {
            done.SetResult();
        }
    }

    private (SendOrPostCallback Work, object? State)? Next()
    {
        lock (_work)
        {
            while (_work.Count == 0 && !_ended)
            {
                Monitor.Wait(_work);
            }

            return _work.Count == 0 ? null : _work.Dequeue();
        }
    }

    private void End()
    {
        lock (_work)
        {
            _ended = true;
            Monitor.Pulse(_work);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
