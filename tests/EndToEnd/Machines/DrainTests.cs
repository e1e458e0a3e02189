using System.Globalization;
using Edge.Tests.EndToEnd.Fixture;
using Xunit.Abstractions;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>An agent that cannot start holds no container up, and loses and doubles none of its lines.</summary>
[Collection(MachineTests.Name)]
public sealed class DrainTests(MachineWorld world, ITestOutputHelper output)
{
    /// <summary>Each of a kibibyte; all of them fit what is kept of a container's log (5 x 10 MiB).</summary>
    private const int Lines = 40_000;

    private static readonly TimeSpan Long = MachineWorld.Long;

    private const string Log = "/var/lib/edge/agent/logs/default_wordy_*/main/0.log";

    [SkippableFact]
    public async Task A_pod_that_writes_megabytes_goes_on_while_the_agent_cannot_start_and_every_line_is_there_once()
    {
        MachineWorld.Require();
        var line = new string('x', 1000);
        await world.Apply("kubectl", MachineWorld.Pod("wordy", $$"""
            { containers: [{ name: main, image: "{{MachineWorld.Image(TestImages.Idle)}}",
              command: [sh, -c,
                "i=0; while [ $i -lt {{Lines}} ]; do i=$((i+1)); echo $i {{line}}; done; exec sleep 1000000"] }] }
            """));
        await UntilLine(1000);

        // Settings that are refused: it ends at once, again and again.
        await world.Machine.Ok("echo 'nonsense: 1' >>/etc/edge/agent.yaml; systemctl restart --no-block edge-agent");
        await world.Machine.Until(Long, "the drain runs", "systemctl is-active edge-drain");
        var at = await LastLine();
        await UntilLine(at + 8000);
        Assert.NotEqual("0", await world.Machine.Ok("systemctl show -P NRestarts edge-agent"));
        Assert.Equal("active", await world.Machine.Ok("systemctl is-active edge-drain"));

        await world.Machine.Ok("sed -i '/nonsense/d' /etc/edge/agent.yaml");
        await world.Machine.Until(
            Long, "the agent has taken over", "! systemctl is-active edge-drain && systemctl is-active edge-agent");
        await UntilLine(await LastLine() + 2000);

        // A program that is none: nothing of ours runs but the drain.
        await world.Machine.Ok("""
            mkdir -p /run/systemd/system/edge-agent.service.d
            printf '[Service]\nExecStart=\nExecStart=/bin/false\n' >/run/systemd/system/edge-agent.service.d/broken.conf
            systemctl daemon-reload; systemctl kill --signal=KILL edge-agent
            """);
        await world.Machine.Until(Long, "the drain runs again", "systemctl is-active edge-drain");
        await UntilLine(await LastLine() + 8000);
        await world.Machine.Ok("rm -r /run/systemd/system/edge-agent.service.d; systemctl daemon-reload");
        await world.Machine.Until(
            Long, "the agent has taken over again",
            "! systemctl is-active edge-drain && systemctl is-active edge-agent");
        await UntilLine(Lines);

        var order = await world.Machine.Ok(
            $"cat $(ls -r {Log}*) | grep -c . ; cat $(ls -r {Log}*) | awk '{Joined}'", Long);
        output.WriteLine(order);
        Assert.Contains($"{Lines} lines, 0 wrong", order);
        Assert.Matches("1/1 +Running +0 ", await world.Machine.Ok("kubectl get pod wordy --no-headers", Long));
        await world.Machine.Ok("kubectl delete pod wordy --wait", Long);
    }

    /// <summary>
    /// Puts parts (P) together, wherever they were parted, and counts the lines that are not one more than the line
    /// before or not whole, and the longest time between two.
    /// </summary>
    private const string Joined = """
        { text = text substr($0, length($1) + length($2) + length($3) + 4) }
        $3 == "F" {
          split(text, words, " "); n++
          if (words[1] != last + 1 || length(words[2]) != 1000 || length(text) != length(words[1]) + 1001) wrong++
          text = ""; last = words[1]
          split(substr($1, 12, 12), t, ":"); now = t[1] * 3600 + t[2] * 60 + t[3]
          if (n > 1 && now - before > gap) gap = now - before
          before = now
        }
        END { printf "%d lines, %d wrong, longest silence %.1f s\n", n, wrong, gap }
        """;

    private async Task<int> LastLine()
    {
        var text = await world.Machine.Ok($"tail -n 3 {Log} | grep -aoE '^[^ ]+ stdout [FP] [0-9]+ ' | tail -n 1");
        return text.Length == 0 ? 0 : int.Parse(text.Split(' ')[^1], CultureInfo.InvariantCulture);
    }

    private Task UntilLine(int number) => Tool.Until(
        Long, $"line {number} is in the log", async () => await LastLine() >= Math.Min(number, Lines));
}
