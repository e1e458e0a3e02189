using System.Text.Json.Nodes;
using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Containers;
using Edge.Proto.Containerd.Tasks;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Edge.Agent.Runtime.Streams;

/// <summary>
/// One further process of a running container, as containerd knows it, and the FIFOs of its streams. It has the
/// container's own identity and limits.
/// </summary>
internal sealed class ExecTask
{
    /// <summary>How long a killed process may take to be seen as ended (a stuck disk keeps it longer).</summary>
    public static readonly TimeSpan KillMax = TimeSpan.FromSeconds(30);

    private const string ProcessType = "types.containerd.io/opencontainers/runtime-spec/1/Process";

    private readonly GrpcChannel _channel;
    private readonly string _container;
    private readonly string _id;
    private readonly string _directory;

    /// <summary>Its exit was seen.</summary>
    private volatile bool _hasEnded;

    public ExecTask(GrpcChannel channel, ContainerFiles files, string container, string id)
    {
        (_channel, _container, _id) = (channel, container, id);
        _directory = Path.Combine(files.FifoDirectory(container), id);
    }

    public string Id => _id;

    public string Container => _container;

    public ProcessControl Control => new(_channel, _container, _id);

    /// <summary>For its FIFOs, which are opened before <see cref="Create"/>.</summary>
    public void MakeDirectory() => Directory.CreateDirectory(_directory);

    public string PathOf(string stream) => Path.Combine(_directory, stream);

    /// <summary>The process gets those streams whose FIFOs are there.</summary>
    public async Task Create(IReadOnlyList<string> command, bool terminal, CancellationToken token)
    {
        var container = (await _channel.Call(
            ContainerdApi.GetContainer, new GetContainerRequest { Id = _container }, token)).Container;
        var process = JsonNode.Parse(container.Spec.Value.Span)?["process"] as JsonObject
            ?? throw new RuntimeException(RuntimeReason.Failed, $"{_container} has no specification");
        process["args"] = new JsonArray([.. command.Select(word => (JsonNode)word)]);
        process["terminal"] = terminal;
        if (terminal)
        {
            process["env"] = WithTerminal(process["env"] as JsonArray ?? []);
        }

        await _channel.Call(ContainerdApi.ExecProcess, new ExecProcessRequest
        {
            ContainerId = _container,
            ExecId = _id,
            Stdin = IfThere("stdin"),
            Stdout = IfThere("stdout"),
            Stderr = IfThere("stderr"),
            Terminal = terminal,
            Spec = new Any
            {
                TypeUrl = ProcessType,
                Value = ByteString.CopyFromUtf8(process.ToJsonString()),
            },
        }, token);
    }

    public Task Start(CancellationToken token) => _channel.Call(
        ContainerdApi.StartTask, new StartRequest { ContainerId = _container, ExecId = _id }, token);

    /// <summary>Returns the exit code.</summary>
    public async Task<int> Wait(CancellationToken token)
    {
        var wait = new WaitRequest { ContainerId = _container, ExecId = _id };
        var exit = (int)(await _channel.Call(ContainerdApi.WaitExec, wait, token)).ExitStatus;
        _hasEnded = true;
        return exit;
    }

    /// <summary>
    /// Kills it, unless its exit was seen, and has containerd forget it. Only then its files go: by them the next
    /// connection finds what may still run.
    /// </summary>
    /// <exception cref="RuntimeException">It may still run.</exception>
    public async Task End(TimeProvider clock)
    {
        if (!_hasEnded && await Control.Kill())
        {
            await Task.WhenAny(Wait(CancellationToken.None), Task.Delay(KillMax, clock));
        }

        try
        {
            var delete = new DeleteProcessRequest { ContainerId = _container, ExecId = _id };
            await _channel.Call(ContainerdApi.DeleteProcess, delete, CancellationToken.None);
        }
        catch (RuntimeException gone) when (gone.Reason == RuntimeReason.NotFound)
        {
            // It was never made, or ended with its container.
        }

        RemoveFiles();
    }

    private void RemoveFiles()
    {
        try
        {
            Directory.Delete(_directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // They went with the container's.
        }
    }

    /// <summary>As containerd's CRI gives it.</summary>
    private static JsonArray WithTerminal(JsonArray env)
    {
        var with = new JsonArray();
        foreach (var variable in env)
        {
            if (variable?.GetValue<string>() is { } text && !text.StartsWith("TERM=", StringComparison.Ordinal))
            {
                with.Add((JsonNode)text);
            }
        }

        with.Add((JsonNode)"TERM=xterm");
        return with;
    }

    private string IfThere(string stream) => File.Exists(PathOf(stream)) ? PathOf(stream) : "";
}
