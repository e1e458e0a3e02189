using Edge.Agent.Reconcile;
using Edge.Agent.Runtime.Images;
using Edge.Tests.Agent.Reconcile.Simulation;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile;

public sealed class ImagePullsTests
{
    [Fact]
    public async Task A_fetch_is_shared_only_by_those_with_the_same_credentials()
    {
        var registry = new SlowRegistry(new FakeClock());
        await using var pulls = new ImagePulls(registry, _ => { }, new FakeClock(), CancellationToken.None);
        var (mine, yours) = (new RegistryCredential("r", "me", "1"), new RegistryCredential("r", "me", "2"));

        pulls.Begin("a", "c", new PullRequest("r/app:1", [mine]));
        pulls.Begin("b", "c", new PullRequest("r/app:1", [mine with { }]));
        pulls.Begin("d", "c", new PullRequest("r/app:1", [yours]));
        pulls.Begin("e", "c", new PullRequest("r/app:1", []));
        registry.Answer.SetResult();
        await pulls.DisposeAsync();

        Assert.Equal(3, registry.Asked);
    }

    private sealed class SlowRegistry(FakeClock clock)
        : SimWorld(clock, new Random(1), new SimFaults(new Random(1)) { On = false }, [])
    {
        private int _asked;

        public int Asked => _asked;

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async Task<PullOutcome> Pull(PullRequest request, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _asked);
            await Answer.Task;
            return await base.Pull(request, cancellation);
        }
    }
}
