using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>Looks at the GPUs by a child process that is gone when the answer is there, or killed.</summary>
internal sealed class GpuProbe(GpuSettings settings, TimeProvider clock)
{
    public const string NoAnswer = "DriverDoesNotAnswer";

    /// <summary>More than 64 GPUs take.</summary>
    private const int AnswerBytesMax = 1024 * 1024;

    private readonly Lock _gate = new();

    /// <summary>One at a time: each sees whether the one before is stuck.</summary>
    private Task _before = Task.CompletedTask;

    /// <summary>One that was killed and does not go: it waits in the kernel for its driver.</summary>
    private Process? _stuck;

    /// <summary>
    /// What there is now. A driver that does not answer in time, or ends whoever asks it, is a problem in the answer.
    /// </summary>
    /// <param name="withCuda">Also asks CUDA, which takes longer.</param>
    /// <param name="cancellation">Ends the wait; the child is killed.</param>
    public async Task<GpuInventory> Look(bool withCuda, CancellationToken cancellation)
    {
        Task<GpuInventory> look;
        lock (_gate)
        {
            _before = look = LookAfter(_before, withCuda, cancellation);
        }

        return await look;
    }

    private async Task<GpuInventory> LookAfter(Task before, bool withCuda, CancellationToken cancellation)
    {
        await before.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        cancellation.ThrowIfCancellationRequested();
        return await LookAlone(withCuda, cancellation);
    }

    private async Task<GpuInventory> LookAlone(bool withCuda, CancellationToken cancellation)
    {
        if (_stuck is { HasExited: false })
        {
            // A second one would hang beside it, and a third.
            return Silent("the NVIDIA driver holds an earlier look at it");
        }

        _stuck?.Dispose();
        _stuck = null;
        string[] arguments = [GpuChild.Probe, settings.DriverRoot, settings.SystemRoot];
        try
        {
            using var late = new CancellationTokenSource(settings.Deadline, clock);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
            return await Ask(withCuda ? [.. arguments, GpuChild.WithCuda] : arguments, stop.Token, cancellation);
        }
        catch (Win32Exception failure)
        {
            return new GpuInventory { Problem = new GpuProblem("ProbeFailed", failure.Message) };
        }
    }

    private async Task<GpuInventory> Ask(
        IReadOnlyList<string> arguments, CancellationToken stop, CancellationToken cancellation)
    {
        var process = Process.Start(Child.Of(settings, arguments))!;
        // Whoever took a process' stream has to close it: the process itself would leave that to the collector.
        using var output = process.StandardOutput;
        var answer = new MemoryStream();
        try
        {
            await Copy(output.BaseStream, answer, stop);
            await process.WaitForExitAsync(stop);
            return Last(answer) ?? Silent($"a look at the NVIDIA driver ended with {process.ExitCode}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            cancellation.ThrowIfCancellationRequested();
            var silent = $"the NVIDIA driver does not answer within {settings.Deadline.TotalSeconds:0} s";
            return Last(answer) is { } before
                ? before with { Problem = before.Problem ?? new GpuProblem("CudaFailed", silent) }
                : Silent(silent);
        }
        finally
        {
            if (process.HasExited)
            {
                process.Dispose();
            }
            else
            {
                _stuck = process;
            }
        }
    }

    private static GpuInventory Silent(string message) => new() { Problem = new GpuProblem(NoAnswer, message) };

    private static async Task Copy(Stream from, MemoryStream into, CancellationToken stop)
    {
        var buffer = new byte[4096];
        int count;
        while ((count = await from.ReadAsync(buffer, stop)) > 0)
        {
            into.Write(buffer, 0, (int)Math.Min(count, AnswerBytesMax - into.Length));
        }
    }

    /// <summary>The last whole line that is an answer; a driver may print lines of its own.</summary>
    private static GpuInventory? Last(MemoryStream answer)
    {
        var lines = Encoding.UTF8.GetString(answer.GetBuffer(), 0, (int)answer.Length).Split('\n');
        for (var index = lines.Length - 2; index >= 0; index--)
        {
            try
            {
                if (lines[index].StartsWith('{'))
                {
                    return GpuJson.Read(Encoding.UTF8.GetBytes(lines[index]));
                }
            }
            catch (JsonException)
            {
                // Not ours.
            }
        }

        return null;
    }
}

/// <summary>How a child of the agent's own program is started.</summary>
internal static class Child
{
    public static ProcessStartInfo Of(GpuSettings settings, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(settings.Program[0]) { RedirectStandardOutput = true };
        for (var index = 1; index < settings.Program.Count; index++)
        {
            start.ArgumentList.Add(settings.Program[index]);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // It would hide devices from CUDA.
        start.Environment.Remove("CUDA_VISIBLE_DEVICES");
        return start;
    }
}
