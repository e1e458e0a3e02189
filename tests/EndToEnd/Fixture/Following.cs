using System.Diagnostics;
using System.Text;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>A command that follows for ever, read as it prints and ended by SIGINT, as a person ends it.</summary>
public sealed class Following : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private Following(Process process)
    {
        _process = process;
        _reading = Read();
    }

    private string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public static Following Start(string netns, IReadOnlyList<string> command) => new(Process.Start(
        new ProcessStartInfo("nsenter", [$"--net=/run/netns/{netns}", .. command]) { RedirectStandardOutput = true })!);

    /// <summary>Returns what was printed so far, once that holds.</summary>
    public async Task<string> Until(Func<string, bool> holds)
    {
        try
        {
            await Tool.Until(Patience, "what is followed shows it", () => Task.FromResult(holds(Output)));
            return Output;
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}; it shows\n{Output}", late);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.Run("kill", "-INT", _process.Id.ToString());
        using var late = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(late.Token);
        await _reading;
        _process.Dispose();
    }

    private async Task Read()
    {
        var buffer = new char[4096];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
            }
        }
    }
}
