using Edge.Agent.Ledger;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>Something that the agent told the server, and that its ledger must therefore say.</summary>
/// <param name="Since">The recording's length when it was seen in the API.</param>
/// <param name="Until">Its length when it was about to change, or the largest number there is.</param>
/// <param name="What">For a person.</param>
/// <param name="Holds">Whether the ledger says so.</param>
internal sealed record Told(long Since, long Until, string What, Func<NodeLedger, bool> Holds);

/// <summary>
/// Pods with a ConfigMap and a Secret come to a recorded agent, run or end, and go, while the agent is killed again and
/// again between two writes to its disk.
/// </summary>
internal sealed class AgentSession(Fleet fleet, FleetNode node, Recorder recorder)
{
    private const int Waves = 8;

    /// <summary>An agent is killed after so many steps at its disk: the enrolment and a wave or two.</summary>
    private const int LifeRecords = 400;

    /// <summary>A wave goes when as many have come after it.</summary>
    private const int Staying = 2;

    private readonly List<Told> _told = [];

    public IReadOnlyList<Told> All => _told;

    /// <summary>The recording's length when the server had a Node: who the node is may not change since.</summary>
    public long Known { get; private set; }

    public async Task Record(bool isUnsafe)
    {
        foreach (var setting in await recorder.Environment(LifeRecords, isUnsafe))
        {
            var parts = setting.Split('=', 2);
            node.Agent.Variables[parts[0]] = parts[1];
        }

        using var over = new CancellationTokenSource();
        await node.PowerOn(connected: true);
        var keeping = KeepRunning(over.Token);
        await fleet.Kubectl.UntilNodeReady(node.Name);
        Known = recorder.Length;
        for (var wave = 0; wave < Waves; wave++)
        {
            await Come($"{node.Name}-{wave}");
            if (wave >= Staying)
            {
                await Go($"{node.Name}-{wave - Staying}");
            }
        }

        await over.CancelAsync();
        await keeping;
        await node.Agent.Stop();
    }

    /// <summary>What systemd does.</summary>
    private async Task KeepRunning(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if (!node.Agent.Running)
            {
                node.Agent.Start();
            }

            await Task.Delay(50, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Come(string name)
    {
        await fleet.Kubectl.Apply(Manifest(name));
        await fleet.Kubectl.UntilPodReady($"runs-{name}");
        var runs = await fleet.Kubectl.Field($"pod/runs-{name}", ".metadata.uid");
        Tell($"runs-{name}", "runs", ledger =>
            ledger.Desired.ContainsKey($"pods/{runs}")
            && Holds(ledger, $"configmaps/default/{name}", $"map of {name}")
            && Holds(ledger, $"secrets/default/{name}", $"secret of {name}")
            && ledger.Pods.TryGetValue(runs, out var record) && record.TerminalPhase is null
            && record.Of("main").Started);
        await fleet.Kubectl.UntilPhase($"ends-{name}", "Succeeded");
        var ends = await fleet.Kubectl.Field($"pod/ends-{name}", ".metadata.uid");
        Tell($"ends-{name}", "ended", ledger =>
            ledger.Pods.TryGetValue(ends, out var record) && record.TerminalPhase == "Succeeded");
    }

    private async Task Go(string name)
    {
        foreach (var pod in (string[])[$"runs-{name}", $"ends-{name}"])
        {
            var uid = await fleet.Kubectl.Field($"pod/{pod}", ".metadata.uid");
            var told = _told.FindIndex(entry => entry.What.StartsWith(pod, StringComparison.Ordinal));
            _told[told] = _told[told] with { Until = recorder.Length };
            await fleet.Kubectl.Delete("pod", pod);
            if (pod.StartsWith("runs", StringComparison.Ordinal))
            {
                // A pod that has ended goes at once, without a word of its node.
                Tell(pod, "is gone", ledger => !ledger.Pods.TryGetValue(uid, out var record) || record.Removed);
            }
        }
    }

    private void Tell(string pod, string what, Func<NodeLedger, bool> holds) =>
        _told.Add(new Told(recorder.Length, long.MaxValue, $"{pod} {what}", holds));

    private static bool Holds(NodeLedger ledger, string key, string text) =>
        ledger.Desired.TryGetValue(key, out var value)
        && System.Text.Encoding.UTF8.GetString(value) is var json
        && (json.Contains(text, StringComparison.Ordinal) || json.Contains(
            Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal));

    private string Manifest(string name) => $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{name}} }
        data: {text: map of {{name}} }
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: {{name}} }
        stringData: {text: secret of {{name}} }
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: runs-{{name}} }
        spec:
          nodeName: {{node.Name}}
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: {{TestImages.Reference(TestImages.Idle)}}
              envFrom:
                - configMapRef: {name: {{name}} }
                - secretRef: {name: {{name}} }
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: ends-{{name}} }
        spec:
          nodeName: {{node.Name}}
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: {{TestImages.Reference(TestImages.Idle)}}
              command: [sh, -c, "exit 0"]
        """;
}
