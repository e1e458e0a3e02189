using Edge.Agent.Ledger;
using Edge.Agent.Local;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Local;

/// <summary>The manifest directory: what is in it runs, and nothing else changes what runs.</summary>
public sealed class StaticPodsTests : IDisposable
{
    private readonly string _home = MemoryDirectory.Create("edge-static-");
    private readonly NodeLedger _ledger;
    private readonly FakeClock _clock = new();
    private readonly string _manifests;
    private int _written;

    public StaticPodsTests()
    {
        _ledger = NodeLedger.Open(Path.Combine(_home, "data"), NullLogger.Instance);
        _manifests = Path.Combine(_home, "manifests");
    }

    public void Dispose()
    {
        _ledger.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public void A_directory_that_is_not_there_holds_no_pods_and_may_come_later()
    {
        var pods = Open();
        Assert.Empty(Names());
        Write("lamp.yaml", Pod("lamp"));
        Assert.True(pods.Look());
        Assert.Equal(["lamp-shed"], Names());
    }

    [Fact]
    public void Files_that_come_change_and_go_are_pods_that_come_are_replaced_and_go()
    {
        Write("lamp.yaml", Pod("lamp"));
        Write(".lamp.yaml.swp", "{");
        var pods = Open();
        var first = Assert.Single(_ledger.Static.Keys);
        Assert.False(pods.Look());

        Write("lamp.yaml", Pod("lamp", "other"));
        Assert.True(pods.Look());
        Assert.NotEqual(first, Assert.Single(_ledger.Static.Keys));

        Write("more.json", """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "more"},
             "spec": {"containers": [{"name": "main", "image": "a"}]}}
            """);
        Assert.True(pods.Look());
        Assert.Equal(["lamp-shed", "more-shed"], Names());
        Assert.Equal(_ledger.Static.Keys.Order(), _ledger.Wanted.Entries.Keys.Order());

        File.Delete(Path.Combine(_manifests, "lamp.yaml"));
        Touch(_manifests);
        Assert.True(pods.Look());
        Assert.Equal(["more-shed"], Names());
    }

    [Fact]
    public void A_file_that_becomes_nonsense_leaves_its_pods_as_they_were_and_says_so()
    {
        Write("lamp.yaml", Pod("lamp"));
        var pods = Open();

        Write("lamp.yaml", "kind: Pod\nspec: [");
        Assert.False(pods.Look());
        Assert.Equal(["lamp-shed"], Names());
        Assert.Contains("lamp.yaml: line ", Assert.Single(pods.Errors));

        Write("lamp.yaml", Pod("lamp"));
        Assert.False(pods.Look());
        Assert.Empty(pods.Errors);
    }

    [Fact]
    public void A_file_of_another_kind_is_refused_and_the_others_run()
    {
        Write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}");
        Write("b.yaml", Pod("b"));
        var pods = Open();
        Assert.Equal(["b-shed"], Names());
        Assert.Contains("configmap/a: a static manifest holds pods only", Assert.Single(pods.Errors));
    }

    [Fact]
    public async Task A_file_is_taken_once_it_is_written_to_its_end()
    {
        Directory.CreateDirectory(_manifests);
        var pods = Open();
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        var run = pods.Run(changed.SetResult, stop.Token);

        Write("lamp.yaml", "apiVersion: v1");
        await Pass(seconds: 10);
        Write("lamp.yaml", Pod("lamp"));
        await Pass(seconds: 1);
        Assert.Empty(pods.Errors);
        await Pass(seconds: 1);
        await changed.Task.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(["lamp-shed"], Names());
        Assert.Empty(pods.Errors);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    private async Task Pass(int seconds)
    {
        while (!_clock.IsAwaited)
        {
            await Task.Yield();
        }

        _clock.Advance(TimeSpan.FromSeconds(seconds));
    }

    private StaticPods Open()
    {
        var pods = new StaticPods(_manifests, "shed", _ledger, _clock, NullLogger.Instance);
        pods.Load();
        return pods;
    }

    private IEnumerable<string?> Names() =>
        NodePods.Of(_ledger.Static, PodSource.Static).Select(pod => pod.Pod.Metadata.Name).Order();

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(_manifests);
        var path = Path.Combine(_manifests, name);
        File.WriteAllText(path, text);
        Touch(path);
        Touch(_manifests);
    }

    /// <summary>Every write at a time of its own, however fast the test is.</summary>
    private void Touch(string path) =>
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(++_written));

    private static string Pod(string name, string image = "a") => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
        spec:
          containers:
          - name: main
            image: {image}
        """;
}
