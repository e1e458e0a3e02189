using System.Text;
using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Volumes;
using Edge.Agent.Runtime.Images;
using Edge.Proto.Model;
using Edge.Tests.Agent.Reconcile.Simulation;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Reconcile;

/// <summary>What a step that fails leaves behind: a reason to show, a time to try again and an event.</summary>
public sealed class PodRunnerTests : IAsyncLifetime
{
    private static readonly NodeFacts Node = new("n", "192.0.2.1", 1000, 1, 1);

    private readonly string _dir = Directory.CreateTempSubdirectory("edge-runner-").FullName;
    private readonly FakeClock _clock = new();
    private readonly List<PodEvent> _events = [];
    private readonly FailingNode _world;
    private readonly NodeLedger _ledger;
    private readonly ImagePulls _pulls;
    private readonly PodRunner _runner;
    private IReadOnlyList<SeenContainer> _seen = [];

    public PodRunnerTests()
    {
        _world = new FailingNode(_clock);
        _ledger = NodeLedger.Open(_dir, NullLogger.Instance);
        _pulls = new ImagePulls(_world, _ => { }, _clock, CancellationToken.None);
        var images = new ImageSteps(_world, _pulls, _events.Add, _clock);
        _runner = new PodRunner(_world, _ledger, images, _events.Add, _clock, NullLogger.Instance);
    }

    public Task InitializeAsync() => _world.Pull(new PullRequest("img:1", []), default);

    public async Task DisposeAsync()
    {
        await _pulls.DisposeAsync();
        _ledger.Dispose();
        Directory.Delete(_dir, recursive: true);
    }

    [Fact]
    public async Task A_mount_that_cannot_be_resolved_is_shown_at_its_container()
    {
        _world.Fault = new VolumeException("error SubPath `/` must not be an absolute path");

        var memory = await Run(Pod(), new PodStep.EnsureImage("app", "img:1"), new PodStep.Create("app", "id", 0, ""));

        var obstacle = memory.Of("app").Obstacle!;
        Assert.Equal(
            ("CreateContainerConfigError", "error SubPath `/` must not be an absolute path"),
            (obstacle.Reason, obstacle.Message));
        Assert.Null(memory.Broken);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"auths":{"r":{"auth":"?"}}}""")]
    public async Task A_pull_secret_that_cannot_be_read_is_a_failed_pull(string config)
    {
        var pod = Pod("""[{"name":"login"}]""");
        var bytes = Convert.ToBase64String(Encoding.UTF8.GetBytes(config));
        var secret = $$$"""{"data":{".dockerconfigjson":"{{{bytes}}}"}}""";

        var memory = await Run(pod, secret, new PodStep.EnsureImage("app", "img:2"));

        Assert.Equal("ErrImagePull", memory.Of("app").Obstacle?.Reason);
        Assert.Contains("pull secret", memory.Of("app").Obstacle!.Message, StringComparison.Ordinal);
        Assert.Null(memory.Broken);
    }

    [Fact]
    public async Task A_step_that_breaks_says_so_in_an_event_and_tries_again_later()
    {
        _world.Fault = new IOException("No space left on device");

        var memory = await Run(Pod(), new PodStep.EnsureImage("app", "img:1"), new PodStep.Create("app", "id", 0, ""));

        Assert.Equal("FailedSync", memory.Broken?.Reason);
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromSeconds(10), memory.Broken?.RetryAt);
        var said = Assert.Single(_events, said => said.Reason == "FailedSync");
        Assert.True(said.Warning);
        Assert.Equal("Error: create app id: No space left on device", said.Message);
    }

    [Fact]
    public async Task A_container_is_asked_to_end_by_the_signal_of_its_image()
    {
        _seen = [new SeenContainer { Id = "id", Name = "app", State = SeenState.Running, StopSignal = 3 }];

        await Run(Pod(), new PodStep.Terminate("app", "id", 30, "why"));

        Assert.Equal(("id", 3), _world.Signalled);
    }

    [Fact]
    public async Task An_attempt_that_was_begun_and_came_no_further_is_remembered()
    {
        _ledger.Save(PodRecordPlan.New(Pod(), _clock.GetUtcNow()));
        _world.Fault = new IOException("No space left on device");

        await Run(
            Pod(), new PodStep.EnsureImage("app", "img:1"), new PodStep.BeginAttempt("app", 1),
            new PodStep.Create("app", "id", 1, ""));

        Assert.Equal((1, 1), (_ledger.Pods["u"].Of("app").Attempt, _ledger.Pods["u"].Of("app").RestartCount));
    }

    private Task<PodMemory> Run(Pod pod, params PodStep[] steps) => Run(pod, "{}", steps);

    private Task<PodMemory> Run(Pod pod, string secret, params PodStep[] steps)
    {
        var view = new PodView
        {
            Uid = "u",
            Pod = pod,
            Record = PodRecordPlan.New(pod, _clock.GetUtcNow()),
            Memory = PodMemory.Empty with { Sandbox = new Sandbox("u", null, null, null, "", "10.64.0.2") },
            Containers = _seen,
            Now = _clock.GetUtcNow(),
        };
        var objects = new ObjectSource(new Dictionary<string, byte[]>
        {
            ["secrets/default/login"] = Encoding.UTF8.GetBytes(secret),
        });
        return _runner.Run(new PodWork(view, objects, Node), new PodPlan(steps, null), default);
    }

    private static Pod Pod(string pullSecrets = "[]") => JsonSerializer.Deserialize(
        """{"metadata":{"uid":"u","name":"p","namespace":"default"},"spec":{"imagePullSecrets":""" + pullSecrets
            + ""","containers":[{"name":"app","image":"img:1"}]}}""",
        ModelJson.Default.Pod)!;

    private sealed class FailingNode(FakeClock clock)
        : SimWorld(clock, new Random(1), new SimFaults(new Random(1)) { On = false }, [])
    {
        public Exception? Fault { get; set; }

        public (string Id, int Signal) Signalled { get; private set; }

        public override Task Signal(string id, int signal, CancellationToken cancellation)
        {
            Signalled = (id, signal);
            return base.Signal(id, signal, cancellation);
        }

        public override Task Create(ContainerLaunch launch, CancellationToken cancellation) =>
            Fault is { } fault ? Task.FromException(fault) : base.Create(launch, cancellation);
    }
}
