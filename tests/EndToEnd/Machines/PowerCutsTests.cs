using System.Globalization;
using Xunit.Abstractions;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>
/// The power goes at random moments, with a drive that forgets what was not flushed; the machine has no network card,
/// and neither server nor broker nor registry runs.
/// </summary>
[Collection(MachineTests.Name)]
public sealed class PowerCutsTests(MachineWorld world, ITestOutputHelper output)
{
    private static readonly int Cuts =
        int.Parse(Environment.GetEnvironmentVariable("EDGE_MACHINE_CUTS") ?? "20", CultureInfo.InvariantCulture);

    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("EDGE_SEED") ?? "1", CultureInfo.InvariantCulture);

    private static readonly TimeSpan Long = MachineWorld.Long;

    [SkippableFact]
    public async Task After_each_power_cut_all_pods_run_without_any_network_and_nothing_acknowledged_is_lost()
    {
        MachineWorld.Require();
        var machine = world.Machine;
        var random = new Random(Seed);
        await world.UntilRunning(MachineWorld.Pods);
        await machine.Ok(
            "systemctl disable --quiet --now edge-server edge-broker.path edge-broker edge-test-registry; sync", Long);
        var (unflushed, lost, onSite) = (0, 0, "");
        for (var cut = 1; cut <= Cuts; cut++)
        {
            // Whoever was told that it is done is right about it after the cut.
            var name = $"onsite-{cut}";
            await world.Apply("edge-agent", MachineWorld.Idle(name));
            if (onSite.Length > 0)
            {
                await machine.Ok($"edge-agent delete pod/{onSite}");
            }

            onSite = name;
            await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 8));
            Count(await machine.PowerCut(random));
            if (cut % 2 == 0 && cut < Cuts)
            {
                // And again while it starts: before its kernel is there, or while its pods start.
                cut++;
                await machine.PowerOn();
                await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 60));
                Count(await machine.PowerCut(random));
            }

            await world.Start();
            await world.UntilRunning(MachineWorld.Pods + 1);
            output.WriteLine($"cut {cut}: {await Times()}");
            Assert.Equal($"{onSite}", await machine.Ok("edge-agent ps | awk '$NF == \"local\" { print $2 }'"));
            Assert.Equal("ok", await Ledger());
            Assert.Equal("Never\nOnFailure", await machine.Ok($"sort {MachineWorld.Witness}"));
            // No card, now or ever: the cables to pods are all there is.
            Assert.Equal("lo", await machine.Ok("ls /sys/class/net | grep -v ^veth"));
        }

        output.WriteLine(
            $"{Cuts} cuts (seed {Seed}): {unflushed} writes were not flushed, {lost} of them lost or torn");
        await machine.Ok($"edge-agent delete pod/{onSite}");
        await machine.Ok(
            "systemctl enable --quiet --now edge-broker.path edge-server; systemctl start edge-test-registry", Long);
        await machine.Until(Long, "server and node agree again", """
            [ "$(kubectl get pods --field-selector=status.phase=Running --no-headers | grep -c ' 1/1 ')" = 10 ] &&
            [ "$(kubectl get jobs -o 'jsonpath={.items[*].status.succeeded}')" = '1 1' ]
            """);

        void Count((int Unflushed, int Lost) one) => (unflushed, lost) = (unflushed + one.Unflushed, lost + one.Lost);
    }

    /// <summary>Of a copy, as a crash would leave it: the agent lets nobody else open its own.</summary>
    private async Task<string> Ledger() => await world.Machine.Ok("""
        mkdir /run/ledger
        systemctl kill --signal=STOP edge-agent
        cp /var/lib/edge/agent/ledger.db* /run/ledger
        systemctl kill --signal=CONT edge-agent
        sqlite3 /run/ledger/ledger.db 'PRAGMA integrity_check'
        rm -r /run/ledger
        """);

    /// <summary>By the machine's own clock: from containerd's answer to the last pod's start.</summary>
    private async Task<string> Times() => await world.Machine.Ok("""
        c=$(systemctl show -P ActiveEnterTimestampMonotonic containerd)
        a=$(systemctl show -P ExecMainStartTimestampMonotonic edge-agent)
        p=$(journalctl --no-pager -u edge-agent -o short-monotonic |
          sed -n 's/^\[ *\([0-9.]*\)\].*runs as process.*/\1/p' | sed -n 10p)
        awk -v c=$c -v a=$a -v p=$p 'BEGIN {
          printf "containerd answers at %.1f s, the agent starts at %.1f s, ", c / 1e6, a / 1e6
          printf "the tenth container at %.1f s: %.1f s after containerd", p, p - c / 1e6 }'
        """);
}
