using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Links that come and go, lose, trickle and are half open: what is rolled out meanwhile arrives, what runs goes on,
/// and afterwards both sides have the same. <c>EDGE_LINK_ROUNDS</c> says how often links go down, <c>EDGE_SEED</c>
/// repeats when.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class BadNetworkTests(Fleet fleet)
{
    private const int RoundsByDefault = 5;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(90);

    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task Links_that_go_down_and_up_during_rollouts_restart_nothing_and_the_rollouts_arrive()
    {
        Fleet.RequireTime();
        var seed = int.Parse(Environment.GetEnvironmentVariable("EDGE_SEED") ?? $"{Environment.TickCount & 0xFFFF}");
        var rounds = int.Parse(Environment.GetEnvironmentVariable("EDGE_LINK_ROUNDS") ?? $"{RoundsByDefault}");
        var random = new Random(seed);
        var witnesses = new Witnesses(fleet, "flap");
        await witnesses.Start();
        await _kubectl.Apply(Deployment("flapping", replicas: 6));
        await Rolled("flapping");
        var before = await witnesses.Containers();
        var images = new[] { TestImages.Web2, TestImages.Web };
        for (var round = 0; round < rounds; round++)
        {
            var node = fleet.Nodes[random.Next(fleet.Nodes.Count)];
            try
            {
                await _kubectl.Do(
                    "set", "image", "deployment/flapping", $"web={TestImages.Reference(images[round % 2])}");
                // At any moment of the rollout, and for as long as it goes on without the node or less.
                await Task.Delay(random.Next(1500));
                await node.Disconnect();
                await Task.Delay(random.Next(2500));
                await node.Connect();
                Assert.Equal(before, await witnesses.Containers());
                // Every other rollout is overtaken by the next one.
                if (round % 2 == 1)
                {
                    await Rolled("flapping");
                }
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"EDGE_SEED={seed} round {round}: {node.Name}", failure);
            }
        }

        await Rolled("flapping");
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());
        await _kubectl.Delete("deployment", "flapping");
        await witnesses.Remove();
    }

    [SkippableFact]
    public async Task Half_of_all_packets_lost_or_256_kbit_per_second_deliver_a_pod_and_what_it_needs()
    {
        Fleet.RequireTime();
        var node = fleet.Nodes[0];
        var witnesses = new Witnesses(fleet, "weather");
        await witnesses.Start();
        var before = await witnesses.Containers();
        await In(node.LoseHalf, "lossy", Manifests.Idle("lossy", node.Name));
        await In(() => node.Throttle(fleet), "slow", PodWithMuch("slow", node.Name));
        await _kubectl.Delete("configmap", "slow");
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());
        await witnesses.Remove();
    }

    /// <summary>
    /// The broker ends while the node is deaf, so the node's connection is one that nobody else knows of: it finds out
    /// by the heartbeat that nothing acknowledges.
    /// </summary>
    [SkippableFact]
    public async Task A_half_open_connection_is_found_out_by_the_next_heartbeat_and_restarts_nothing()
    {
        Fleet.RequireTime();
        var node = fleet.Nodes[2];
        var witnesses = new Witnesses(fleet, "deaf");
        await witnesses.Start();
        var before = await witnesses.Containers();
        node.Agent.Flags.Add("--keep-alive-seconds=10");
        try
        {
            await Sessions.UntilNew(fleet, [node], node.RestartAgent);
            await node.Deafen();
            await Machine.Kill([fleet.BrokerPid()]);
            await _kubectl.Apply(Manifests.Idle("unheard", node.Name));
            // The others are back, so the broker is, and the deaf one was told of nothing.
            await _kubectl.Apply(Manifests.Idle("heard", fleet.Nodes[0].Name));
            await _kubectl.UntilPodReady("heard");
            Assert.Equal("", await _kubectl.Field("pod/unheard", ".status.startTime"));
            await Sessions.UntilNew(fleet, [node], () => node.Heal(fleet));
            await _kubectl.UntilPodReady("unheard");
            await _kubectl.Delete("pod", "heard", "unheard");
        }
        finally
        {
            await node.Heal(fleet);
            node.Agent.Flags.Clear();
        }

        await Sessions.UntilNew(fleet, [node], node.RestartAgent);
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());
        await witnesses.Remove();
    }

    /// <summary>A pod comes and goes in a bad network.</summary>
    private async Task In(Func<Task> weather, string pod, string manifests)
    {
        var node = fleet.Nodes[0];
        await weather();
        try
        {
            await _kubectl.Apply(manifests);
            await _kubectl.Until(
                $"pod/{pod}", ".status.conditions[?(@.type=='Ready')].status", "True", s_deadline);
            await _kubectl.Delete("pod", pod);
        }
        finally
        {
            await node.Heal(fleet);
        }
    }

    private Task<string> Rolled(string deployment) =>
        _kubectl.Do("rollout", "status", $"deployment/{deployment}", $"--timeout={s_deadline.TotalSeconds}s");

    private static string Deployment(string name, int replicas) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{name}}
        spec:
          replicas: {{replicas}}
          selector: { matchLabels: { app: {{name}} } }
          template:
            metadata:
              labels: { app: {{name}} }
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: web
                  image: {{TestImages.Reference(TestImages.Web)}}
        """;

    /// <summary>A pod with 100 KB that no compression makes less: several chunks of the link.</summary>
    private static string PodWithMuch(string name, string node) => $"""
        {Manifests.Idle(name, node)}
              volumeMounts:
                - name: much
                  mountPath: /much
          volumes:
            - name: much
              configMap:
                name: {name}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {name}
        binaryData:
          much: {Convert.ToBase64String(Much())}
        """;

    private static byte[] Much()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
