using System.Diagnostics;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>How a program ended and what it printed.</summary>
public sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    public string All => $"{Output}\n{Error}".Trim();

    /// <summary>The output of a program that must have succeeded.</summary>
    public string Ok() => ExitCode == 0
        ? Output.Trim()
        : throw new InvalidOperationException($"{Command}: exit {ExitCode}\n{All}");

    /// <summary>The complaint of a program that must have failed.</summary>
    public string Failed() => ExitCode != 0
        ? All
        : throw new InvalidOperationException($"{Command}: succeeded, which is wrong\n{Output}");
}

/// <summary>Runs programs to their end; each has a deadline, so that a hang is a failure with a name.</summary>
public static class Tool
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan LeastBetween = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan MostBetween = TimeSpan.FromSeconds(1);

    public static Task<ToolResult> Run(string file, params string[] arguments) => Run(file, arguments, null);

    public static async Task<ToolResult> Run(
        string file, IReadOnlyList<string> arguments, string? input, TimeSpan? deadline = null)
    {
        var command = $"{file} {string.Join(' ', arguments)}";
        using var process = Process.Start(new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var late = new CancellationTokenSource(deadline ?? Deadline);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command}: did not end in time\n{await output}\n{await error}");
        }

        return new ToolResult(command, process.ExitCode, await output, await error);
    }

    /// <summary>How long to wait before the next look, each time it is asked.</summary>
    public static Func<TimeSpan> Between()
    {
        var next = LeastBetween;
        return () =>
        {
            var now = next;
            next = now * 1.5 < MostBetween ? now * 1.5 : MostBetween;
            return now;
        };
    }

    /// <summary>A shell line that must succeed.</summary>
    public static async Task<string> Shell(string line) => (await Run("/bin/sh", "-c", line)).Ok();

    /// <summary>
    /// Looks again and again until a condition holds; a condition that throws does not hold yet. Looks less and less
    /// often: a look is a program that costs what is waited for a tenth of a second of processor time.
    /// </summary>
    public static async Task Until(TimeSpan within, string what, Func<Task<bool>> holds)
    {
        var between = Between();
        var since = Stopwatch.StartNew();
        Exception? last = null;
        while (since.Elapsed < within)
        {
            try
            {
                if (await holds())
                {
                    return;
                }
            }
            catch (Exception failure) when (failure is InvalidOperationException or IOException or FormatException)
            {
                last = failure;
            }

            await Task.Delay(between());
        }

        throw new TimeoutException($"not within {within.TotalSeconds} s: {what}\n{last?.Message}");
    }
}
