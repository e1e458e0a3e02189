using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// What users of NVIDIA's device plugin and GPU operator apply, as it is, on a node with a GPU of the stub: the
/// time-slicing ConfigMap, the RuntimeClass, a Deployment with their selector and toleration.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class GpuSharingTests(Fleet fleet)
{
    private const string Gpu = "nvidia\\.com/gpu";

    private const string Config = """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: time-slicing-config-all
          namespace: gpu-operator
        data:
          any: |-
            version: v1
            flags:
              migStrategy: none
            sharing:
              timeSlicing:
                resources:
                - name: nvidia.com/gpu
                  replicas: REPLICAS
          renamed: |-
            version: v1
            sharing:
              timeSlicing:
                renameByDefault: true
                failRequestsGreaterThanOne: true
                resources:
                - name: nvidia.com/gpu
                  replicas: 8
        """;

    private static readonly string s_users = $"""
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata:
          name: nvidia
        handler: nvidia
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: time-slicing-verification
          labels:
            app: time-slicing-verification
        spec:
          replicas: 5
          selector:
            matchLabels:
              app: time-slicing-verification
          template:
            metadata:
              labels:
                app: time-slicing-verification
            spec:
              tolerations:
                - key: nvidia.com/gpu
                  operator: Exists
                  effect: NoSchedule
              nodeSelector:
                nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3-SHARED
              runtimeClassName: nvidia
              terminationGracePeriodSeconds: 1
              containers:
                - name: cuda-sample-vector-add
                  image: {TestImages.Reference(TestImages.Idle)}
                  resources:
                    limits:
                      nvidia.com/gpu: 1
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task A_device_plugin_users_manifests_work_as_they_are()
    {
        Fleet.Require();
        using var machine = new StubGpus { Fixture = StubGpus.Machine(1) };
        // As nvidia-ctk writes it, with a device that every machine has.
        machine.Put("etc/cdi/nvidia.yaml", $$"""
            cdiVersion: 0.5.0
            kind: nvidia.com/gpu
            devices:
            - name: {{StubGpus.Uuid(0)}}
              containerEdits: {deviceNodes: [{path: /dev/nvidia0, hostPath: /dev/zero}]}
            containerEdits: {env: [NVIDIA_VISIBLE_DEVICES=void]}
            """);
        string[] roots = ["--nvidia-driver-root", machine.Root, "--system-root", machine.Root];
        var node = await fleet.AddNode(8, new NodeExtras([], roots));
        var name = $"node/{node.Name}";
        try
        {
            await node.PowerOn(connected: true);
            await _kubectl.UntilNodeReady(node.Name);
            await _kubectl.Do("taint", "node", node.Name, "nvidia.com/gpu=present:NoSchedule");
            await _kubectl.Do("create", "namespace", "gpu-operator");
            await _kubectl.Apply(Config.Replace("REPLICAS", "4", StringComparison.Ordinal));
            var warnings = await _kubectl.TryWith(s_users, "apply", "-f", "-");
            Assert.DoesNotContain("Warning", warnings.All, StringComparison.Ordinal);
            warnings.Ok();

            await Capacity(name, Gpu, "4");
            await _kubectl.Until(name, Label("gpu\\.replicas"), "4", s_patience);
            Assert.Equal("time-slicing", await _kubectl.Field(name, Label("gpu\\.sharing-strategy")));
            await _kubectl.Until(
                "deployment/time-slicing-verification", ".status.availableReplicas", "4", s_patience);
            Assert.Equal(
                Enumerable.Range(0, 4).Select(number => $"{StubGpus.Uuid(0)}::{number}"), await Shares());
            Assert.Equal("/dev/nvidia0", (await _kubectl.Do(
                "exec", "deployment/time-slicing-verification", "--", "ls", "/dev/nvidia0")).Trim());
            var pending = await Pods("{.items[?(@.status.phase=='Pending')].status.conditions[0].message}");
            Assert.Contains("1 Insufficient nvidia.com/gpu", pending, StringComparison.Ordinal);

            // What cannot be read changes nothing and is said.
            await _kubectl.Apply(Config.Replace("REPLICAS", "many", StringComparison.Ordinal));
            await _kubectl.Until(name, Problem("status"), "True", s_patience);
            Assert.Equal(
                "ConfigMap gpu-operator/time-slicing-config-all, key any: sharing.timeSlicing.resources[0].replicas: a "
                + "whole number from 1 to 256 is needed; the document before stays in force",
                await _kubectl.Field(name, Problem("message")));
            Assert.Equal("4", await _kubectl.Field(name, $".status.capacity.{Gpu}"));

            // Who has a share keeps it.
            await _kubectl.Do("label", "node", node.Name, "nvidia.com/device-plugin.config=renamed");
            await Capacity(name, Gpu + "\\.shared", "8");
            Assert.Equal("", await _kubectl.Field(name, $".status.capacity.{Gpu}"));
            await node.RestartAgent();
            await _kubectl.Until(name, Problem("status"), "False", s_patience);
            Assert.Equal("0 0 0 0", await Pods("{.items[*].status.containerStatuses[0].restartCount}"));
        }
        finally
        {
            await _kubectl.Delete("deployment/time-slicing-verification");
            await _kubectl.Delete("runtimeclass/nvidia", "namespace/gpu-operator");
            await fleet.RemoveNode(node);
        }
    }

    [SkippableFact]
    public async Task A_runtime_class_that_nobody_has_is_refused_as_by_Kubernetes()
    {
        Fleet.Require();
        var refused = await _kubectl.TryWith(
            Manifests.Idle("isolated").Replace("spec:", "spec:\n  runtimeClassName: gvisor", StringComparison.Ordinal),
            "apply", "-f", "-");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(
            "pods \"isolated\" is forbidden: pod rejected: RuntimeClass \"gvisor\" not found", refused.All,
            StringComparison.Ordinal);
    }

    private Task Capacity(string node, string resource, string count) =>
        _kubectl.Until(node, $".status.capacity.{resource}", count, s_patience);

    private Task<string> Pods(string path) =>
        _kubectl.Do("get", "pods", "-l", "app=time-slicing-verification", "-o", $"jsonpath={path}");

    private async Task<IEnumerable<string>> Shares() =>
        (await Pods("{.items[*].metadata.annotations.edge/devices}"))
            .Split('"').Where(part => part.Contains("::", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static string Label(string name) => $".metadata.labels.nvidia\\.com/{name}";

    private static string Problem(string field) =>
        $".status.conditions[?(@.type=='GPUSharingProblem')].{field}";
}
