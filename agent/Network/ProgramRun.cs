using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Edge.Agent.Network;

/// <summary>What a program said and how it ended.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error);

/// <summary>Runs one short-lived program with a text on its standard input and nothing of our environment.</summary>
internal sealed class ProgramRun(TimeProvider clock)
{
    /// <summary>A plugin takes 20 ms and nft as long; whatever takes this long hangs.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>More than any answer; what comes after it is not kept.</summary>
    private const int OutputCharsMax = 256 * 1024;

    /// <exception cref="Win32Exception">There is no such program.</exception>
    /// <exception cref="TimeoutException">It was killed because it did not end in time.</exception>
    public async Task<ProgramResult> Run(
        string file,
        IReadOnlyList<string> arguments,
        string input,
        IReadOnlyDictionary<string, string> environment,
        CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var late = new CancellationTokenSource(Deadline, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        using var process = new Process { StartInfo = start };
        process.Start();
        // Whoever took a process' streams has to close them: the process itself would leave that to the collector.
        // Of what is written the pipe only: a writer would first try to write what nobody reads.
        using var pipe = process.StandardInput.BaseStream;
        using var reader = process.StandardOutput;
        using var errors = process.StandardError;
        try
        {
            var output = ReadBounded(reader, stop.Token);
            var error = ReadBounded(errors, stop.Token);
            await WriteInput(process.StandardInput, input, stop.Token);
            await process.WaitForExitAsync(stop.Token);
            return new ProgramResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancellation.ThrowIfCancellationRequested();
            throw new TimeoutException($"{file} did not end within {Deadline.TotalSeconds} s");
        }
    }

    private static async Task WriteInput(StreamWriter writer, string input, CancellationToken cancellation)
    {
        try
        {
            await writer.WriteAsync(input.AsMemory(), cancellation);
            writer.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything; how it ended tells more than the broken pipe.
        }
    }

    private static async Task<string> ReadBounded(StreamReader reader, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellation)) > 0)
        {
            text.Append(buffer, 0, Math.Min(count, OutputCharsMax - text.Length));
        }

        return text.ToString();
    }
}
