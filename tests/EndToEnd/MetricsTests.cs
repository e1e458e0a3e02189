using System.Globalization;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>What pods use, from the kernel of a device to <c>kubectl top</c> and to an autoscaler.</summary>
[Collection(FleetTests.Name)]
public sealed class MetricsTests(Fleet fleet)
{
    /// <summary>A look every 15 s, a start and a count before it; on a machine that is busy with other tests.</summary>
    private static readonly TimeSpan s_scaleDeadline = TimeSpan.FromMinutes(2);

    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task A_pod_that_burns_cpu_shows_in_top_and_so_does_its_node()
    {
        Fleet.Require();
        await _kubectl.Apply($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: burner
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: {{TestImages.Reference(TestImages.Idle)}}
                  command: ["sh", "-c", "while :; do :; done"]
                  resources:
                    requests: { cpu: 50m, memory: 8Mi }
                    limits: { cpu: 200m }
            """);
        await _kubectl.UntilPodReady("burner");
        var node = await _kubectl.Field("pod/burner", ".spec.nodeName");

        string[] burner = [];
        await Tool.Until(s_scaleDeadline, "kubectl top shows the pod's 200m", async () =>
        {
            var top = await _kubectl.Try("top", "pod", "burner", "--containers", "--no-headers");
            burner = Words(top.ExitCode == 0 ? top.Output : "");
            return burner is ["burner", "main", var cpu, _] && Milli(cpu) is >= 100 and <= 300;
        });
        Assert.EndsWith("Mi", burner[3]);

        var nodes = (await _kubectl.Do("top", "node", "--no-headers")).Split('\n').Select(Words).ToList();
        var own = Assert.Single(nodes, line => line.FirstOrDefault() == node);
        Assert.True(Milli(own[1]) >= 100, string.Join(' ', own));

        await _kubectl.Delete("pod/burner");
    }

    [SkippableFact]
    public async Task An_autoscaler_follows_the_load_up_and_down()
    {
        Fleet.Require();
        await _kubectl.Apply($$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: worker
            spec:
              replicas: 1
              selector: { matchLabels: { app: worker } }
              template:
                metadata: { labels: { app: worker } }
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: main
                      image: {{TestImages.Reference(TestImages.Idle)}}
                      command: ["sh", "-c", "while :; do :; done"]
                      resources:
                        requests: { cpu: 50m }
                        limits: { cpu: 100m }
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: worker
            spec:
              scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: worker }
              minReplicas: 1
              maxReplicas: 3
              metrics:
                - type: Resource
                  resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } }
              behavior:
                scaleDown: { stabilizationWindowSeconds: 0 }
            """);
        await _kubectl.Until("deployment/worker", ".status.readyReplicas", "3", s_scaleDeadline);
        Assert.Contains("SuccessfulRescale", await _kubectl.Do("get", "events", "-o", "jsonpath={.items[*].reason}"));

        await _kubectl.Do("patch", "deployment", "worker", "-p",
            """{"spec":{"template":{"spec":{"containers":[{"name":"main","command":["sleep","1000000"]}]}}}}""");
        await _kubectl.Until("deployment/worker", ".spec.replicas", "1", s_scaleDeadline);

        await _kubectl.Delete("hpa/worker", "deployment/worker");
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries
        | StringSplitOptions.TrimEntries);

    /// <summary>Thousandths of a core, as <c>kubectl top</c> writes them.</summary>
    private static int Milli(string cpu) => int.Parse(cpu.TrimEnd('m'), CultureInfo.InvariantCulture);
}
