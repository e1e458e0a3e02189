using Edge.Agent.Runtime;

namespace Edge.Tests.Agent.Runtime;

public sealed class ContainerFilesTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("edge-files-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public async Task Further_processes_are_found_also_while_containers_go()
    {
        var files = new ContainerFiles(new RuntimeSettings { RunDir = _dir });
        Assert.Empty(files.Execs());
        Directory.CreateDirectory(Path.Combine(files.FifoDirectory("stays"), "exec-1"));
        using var stop = new CancellationTokenSource();
        var going = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.CreateDirectory(Path.Combine(files.FifoDirectory("goes"), "exec-2"));
                files.Remove("goes");
            }
        });
        for (var look = 0; look < 2000; look++)
        {
            Assert.Contains(("stays", "exec-1"), files.Execs());
        }

        await stop.CancelAsync();
        await going;
    }

    [Fact]
    public async Task A_start_is_known_until_its_marker_goes_also_while_somebody_looks()
    {
        var files = new ContainerFiles(new RuntimeSettings { RunDir = _dir });
        files.Make("a");
        Assert.Null(files.StartedAt("a"));
        files.MarkStarted("a", DateTimeOffset.UnixEpoch);
        Assert.Equal(DateTimeOffset.UnixEpoch, files.StartedAt("a"));

        using var stop = new CancellationTokenSource();
        var removing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                files.Remove("a");
                files.Make("a");
                files.MarkStarted("a", DateTimeOffset.UnixEpoch);
            }
        });
        for (var look = 0; look < 2000; look++)
        {
            files.StartedAt("a");
        }

        await stop.CancelAsync();
        await removing;
    }
}
