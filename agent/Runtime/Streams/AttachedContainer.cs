using Edge.Agent.Runtime.Logs;
using Edge.Proto.Containerd.Containers;

namespace Edge.Agent.Runtime.Streams;

/// <summary>Which streams of a container's own process somebody wants to be at.</summary>
internal sealed record AttachRequest(bool Input, bool Output, bool Error);

/// <summary>The streams of a container's own process, which goes on when the one at it leaves.</summary>
internal sealed class AttachedContainer : ProcessStreams
{
    private readonly ProcessControl _process;
    private readonly ContainerLogs _logs;
    private readonly LogTap _tap;
    private readonly string _id;
    private readonly bool _isTerminal;
    private readonly bool _isOnce;
    private readonly bool[] _wanted;
    private readonly InputPipe? _input;

    public AttachedContainer(
        ProcessControl process, ContainerLogs logs, LogTap tap, Container container, AttachRequest request,
        InputPipe? input)
    {
        (_process, _logs, _tap, _id, _input) = (process, logs, tap, container.Id, input);
        _isTerminal = container.Labels.ContainsKey(ContainerLabels.Terminal);
        _isOnce = container.Labels.GetValueOrDefault(ContainerLabels.Input) == ContainerLabels.Once;
        _wanted = [request.Output, request.Error];
    }

    /// <summary>What nobody wants to see is taken all the same.</summary>
    public override async ValueTask<int> Read(int channel, Memory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            var got = await _tap.Read(channel, buffer, token);
            if (got == 0 || _wanted[channel])
            {
                return got;
            }
        }
    }

    public override ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken token) =>
        _input?.Write(data, token) ?? ValueTask.CompletedTask;

    /// <summary>
    /// As containerd's CRI: an input that lives once ends with the first who is at it, and its process may still have
    /// something to say; any other stays open for the next, and the conversation ends.
    /// </summary>
    public override async Task<bool> CloseInput(CancellationToken token)
    {
        if (_input is null || !_isOnce || _isTerminal)
        {
            return true;
        }

        _input.Dispose();
        await _process.CloseInput(token);
        return false;
    }

    public override Task Resize(uint width, uint height, CancellationToken token) =>
        _isTerminal ? _process.Resize(width, height, token) : Task.CompletedTask;

    /// <summary>Its exit code is said in the pod's status.</summary>
    public override async Task<int?> Wait(CancellationToken token)
    {
        await _tap.Over.WaitAsync(token);
        return null;
    }

    public override async ValueTask DisposeAsync()
    {
        _logs.Untap(_id, _tap);
        await CloseInput(CancellationToken.None);
        _input?.Dispose();
    }
}
