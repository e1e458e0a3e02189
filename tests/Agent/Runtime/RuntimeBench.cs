using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Images;
using Edge.Agent.Runtime.Logs;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;
using Edge.Tests.Support.Containers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Runtime;

/// <summary>A containerd, a registry and a runtime for one test, and a pod to try them with.</summary>
internal sealed class RuntimeBench : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private RuntimeBench(ContainerdDaemon daemon)
    {
        Daemon = daemon;
        Settings = new RuntimeSettings
        {
            ContainerdSocket = daemon.Socket,
            DataDir = Path.Combine(daemon.Directory, "data"),
            RunDir = Path.Combine(daemon.Directory, "run"),
            CgroupRoot = $"/edge-test-{Path.GetFileName(daemon.Directory)}",
        };
        Runtime = Make();
    }

    public ContainerdDaemon Daemon { get; }

    public FakeRegistry Registry { get; } = new();

    public RuntimeSettings Settings { get; set; }

    public ContainerdRuntime Runtime { get; private set; }

    public string PodUid { get; } = Guid.NewGuid().ToString();

    public static async Task<RuntimeBench> Start(string name)
    {
        var bench = new RuntimeBench(await ContainerdDaemon.Start(name));
        bench._running = bench.Runtime.Run(bench._stop.Token);
        return bench;
    }

    /// <summary>As a restart of the agent: a new process would know nothing.</summary>
    public async Task<ContainerdRuntime> RestartAgent()
    {
        await Runtime.DisposeAsync();
        Runtime = Make();
        _running = Runtime.Run(_stop.Token);
        return Runtime;
    }

    public async Task<ImageRecord> Pull(TinyImage image, string name = "tiny")
    {
        var outcome = await Runtime.PullImage(
            new PullRequest(Registry.Add(image, name, "v1"), []), null, CancellationToken.None);
        return Assert.IsType<PullOutcome.Pulled>(outcome).Image;
    }

    public ContainerRequest Request(ImageRecord image, string[] command, int attempt = 0) => new()
    {
        Pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "pod", Namespace = "default", Uid = PodUid },
            Spec = new PodSpec { HostNetwork = true, HostIPC = true, Containers = [new Container { Name = "main" }] },
        },
        Container = new Container { Name = "main", Command = command },
        Attempt = attempt,
        Image = image,
        Sandbox = new SandboxPaths(),
    };

    public async Task<string> Run(ContainerRequest request)
    {
        await Runtime.CreateContainer(request, CancellationToken.None);
        await Runtime.StartContainer(request.Id, CancellationToken.None);
        return request.Id;
    }

    public Task<ObservedContainer> Ended(string id) => Until(id, c => c.State == RunState.Exited);

    public async Task<ObservedContainer> Until(string id, Func<ObservedContainer, bool> wanted)
    {
        var until = DateTime.UtcNow.AddSeconds(20);
        while (true)
        {
            var all = await Runtime.Observe(CancellationToken.None);
            if (all.FirstOrDefault(c => c.Id == id && wanted(c)) is { } found)
            {
                return found;
            }

            Assert.True(DateTime.UtcNow < until, $"{id} is {all.FirstOrDefault(c => c.Id == id)}");
            await Task.Delay(20);
        }
    }

    public string LogFile(int attempt = 0) =>
        LogPaths.LogFile(Settings.DataDir, "default", "pod", PodUid, "main", attempt);

    /// <summary>The log's text without times and tags.</summary>
    public string LogText(int attempt = 0)
    {
        var text = new System.Text.StringBuilder();
        foreach (var line in File.ReadLines(LogFile(attempt)))
        {
            var parts = line.Split(' ', 4);
            text.Append(parts[3]).Append(parts[2] == "F" ? "\n" : "");
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // This is how it ends.
        }

        await Runtime.DisposeAsync();
        Registry.Dispose();
        await Daemon.DisposeAsync();
        PodCgroup.Remove(Settings.CgroupRoot, PodUid);
        _stop.Dispose();
    }

    private ContainerdRuntime Make() => new(Settings, TimeProvider.System, new Random(), NullLoggerFactory.Instance);
}
