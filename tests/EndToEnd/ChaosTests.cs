using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// kill -9 of any part at any time while pods come and go. <c>EDGE_CHAOS_ROUNDS</c> says how often, <c>EDGE_SEED</c>
/// repeats a run.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class ChaosTests(Fleet fleet)
{
    private const int RoundsByDefault = 5;

    private readonly Kubectl _kubectl = fleet.Kubectl;

    private enum Victim
    {
        Server,
        Agent,
        Broker,
        Containerd,
    }

    [SkippableFact]
    public async Task Killed_parts_come_back_lose_no_acknowledged_write_and_restart_no_healthy_container()
    {
        Fleet.Require();
        var seed = int.Parse(Environment.GetEnvironmentVariable("EDGE_SEED") ?? $"{Environment.TickCount & 0xFFFF}");
        var rounds = int.Parse(Environment.GetEnvironmentVariable("EDGE_CHAOS_ROUNDS") ?? $"{RoundsByDefault}");
        var random = new Random(seed);
        var expected = new HashSet<string>();
        var steady = new Witnesses(fleet, "steady");
        await steady.Start();
        for (var round = 0; round < rounds; round++)
        {
            var victim = (Victim)(round < 4 ? round : random.Next(4));
            var node = fleet.Nodes[random.Next(fleet.Nodes.Count)];
            var name = $"chaos-{round}";
            var before = await steady.Containers();
            try
            {
                // The write may fail while a part is down; once it is acknowledged it must never be lost.
                var writing = Write(name, node);
                await Kill(victim, node);
                if (await writing)
                {
                    expected.Add(name);
                }

                await Repair();
                await Converged(expected);
                Assert.Equal(before, await steady.Containers());
                await Forget(expected, random);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"EDGE_SEED={seed} round {round}: {victim} of {node.Name}", failure);
            }
        }

        // A write that was not acknowledged may have happened all the same.
        var written = Enumerable.Range(0, rounds).Select(round => $"chaos-{round}");
        await _kubectl.Delete(["pod", .. written]);
        await steady.Remove();
    }

    private async Task<bool> Write(string name, FleetNode node)
    {
        var answer = await _kubectl.TryWith(Manifests.Idle(name, node.Name), "create", "-f", "-");
        return answer.ExitCode == 0;
    }

    private async Task Kill(Victim victim, FleetNode node)
    {
        switch (victim)
        {
            case Victim.Server:
                await fleet.Server.Kill();
                break;
            case Victim.Agent:
                await node.Agent.Kill();
                break;
            case Victim.Broker:
                await Machine.Kill([fleet.BrokerPid()]);
                break;
            case Victim.Containerd:
                await node.Containerd.Kill();
                break;
        }
    }

    /// <summary>
    /// Does what systemd does: starts again what has ended. The broker is the server's own to restart.
    /// </summary>
    private async Task Repair()
    {
        if (!fleet.Server.Running)
        {
            await fleet.StartServer();
        }

        foreach (var node in fleet.Nodes)
        {
            foreach (var daemon in (Daemon[])[node.Containerd, node.Agent])
            {
                if (!daemon.Running)
                {
                    daemon.Start();
                }
            }
        }
    }

    private async Task Converged(IEnumerable<string> expected)
    {
        foreach (var node in fleet.Nodes)
        {
            await _kubectl.UntilNodeReady(node.Name);
        }

        foreach (var name in expected)
        {
            await _kubectl.UntilPodReady(name);
        }
    }

    /// <summary>Pods also go: now and then all of them, and none may come back.</summary>
    private async Task Forget(HashSet<string> expected, Random random)
    {
        if (expected.Count > 0 && random.Next(3) == 0)
        {
            await _kubectl.Delete(["pod", .. expected]);
            expected.Clear();
        }
    }
}
