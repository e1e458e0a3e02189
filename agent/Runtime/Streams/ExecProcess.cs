using Edge.Agent.Runtime.Logs;

namespace Edge.Agent.Runtime.Streams;

/// <summary>A command that runs in a container for somebody who may leave: then it is ended, first politely.</summary>
internal sealed class ExecProcess : ProcessStreams
{
    /// <summary>
    /// How long a process may live without the one it was run for, after its input ended and its terminal hung up.
    /// </summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(2);

    private readonly ExecTask _task;
    private readonly ExecRequest _request;
    private readonly DescriptorWaits _waits;
    private readonly TimeProvider _clock;
    private readonly Func<ExecTask, Task> _end;
    private readonly Fifo?[] _outputs = [null, null];
    private InputPipe? _input;
    private Task<int?>? _exit;

    private ExecProcess(
        ExecTask task, ExecRequest request, DescriptorWaits waits, TimeProvider clock, Func<ExecTask, Task> end) =>
        (_task, _request, _waits, _clock, _end) = (task, request, waits, clock, end);

    /// <param name="task">What runs it.</param>
    /// <param name="request">The command, and who is at it.</param>
    /// <param name="waits">For its input and outputs.</param>
    /// <param name="clock">Bounds its end.</param>
    /// <param name="end">Kills what of it still runs, and forgets it; must not throw.</param>
    /// <param name="token">Gives the start up.</param>
    /// <exception cref="RuntimeException">The command cannot be run; the message says why.</exception>
    public static async Task<ExecProcess> Start(
        ExecTask task, ExecRequest request, DescriptorWaits waits, TimeProvider clock, Func<ExecTask, Task> end,
        CancellationToken token)
    {
        var process = new ExecProcess(task, request, waits, clock, end);
        try
        {
            process.Open();
            await task.Create(request.Command, request.Terminal, token);
            await task.Start(token);
            process._exit = process.Exit();
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>What nobody wants to see is taken all the same.</summary>
    public override async ValueTask<int> Read(int channel, Memory<byte> buffer, CancellationToken token)
    {
        if (_outputs[channel] is not { } fifo)
        {
            return 0;
        }

        var isWanted = channel == Output ? _request.Output : _request.Error;
        while (true)
        {
            var got = fifo.Read(buffer.Span);
            if (got == 0 || (got > 0 && isWanted))
            {
                return got;
            }

            if (got < 0)
            {
                await _waits.UntilReadable(fifo.Fd, token);
            }
        }
    }

    public override ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken token) =>
        _input?.Write(data, token) ?? ValueTask.CompletedTask;

    /// <summary>A terminal's input has no end that its process could see: what would end is the terminal.</summary>
    public override async Task<bool> CloseInput(CancellationToken token)
    {
        if (!_request.Terminal && _input is not null)
        {
            _input.Dispose();
            await _task.Control.CloseInput(token);
        }

        return false;
    }

    public override Task Resize(uint width, uint height, CancellationToken token) =>
        _request.Terminal ? _task.Control.Resize(width, height, token) : Task.CompletedTask;

    public override Task<int?> Wait(CancellationToken token) => _exit!.WaitAsync(token);

    public override async ValueTask DisposeAsync()
    {
        if (_exit is { IsCompleted: false })
        {
            await Leave(_exit);
        }

        await _end(_task);
        _input?.Dispose();
        _outputs[Output]?.Dispose();
        _outputs[Error]?.Dispose();
    }

    /// <summary>A shim takes both outputs or none, whoever wants them; a terminal has one.</summary>
    private void Open()
    {
        _task.MakeDirectory();
        _outputs[Output] = Fifo.Open(_task.PathOf("stdout"));
        _outputs[Error] = _request.Terminal ? null : Fifo.Open(_task.PathOf("stderr"));
        _input = _request.Input ? InputPipe.Open(_task.PathOf("stdin"), _waits) : null;
    }

    private async Task<int?> Exit() => await _task.Wait(CancellationToken.None);

    private async Task Leave(Task<int?> exit)
    {
        try
        {
            if (_input is not null)
            {
                _input.Dispose();
                await _task.Control.CloseInput(CancellationToken.None);
            }

            await Task.WhenAny(exit, Task.Delay(LeaveTime, _clock));
        }
        catch (RuntimeException)
        {
            // Politely it cannot be ended.
        }
    }
}
