namespace Edge.Tests.Simulation.Workloads;

/// <summary>What people apply.</summary>
internal static class SimManifests
{
    /// <summary>Of a web pod; what an autoscaler counts in shares of.</summary>
    public const int CpuMilli = 100;

    /// <summary>Of that share, in percent.</summary>
    public const int CpuTarget = 50;

    public static string Deployment(string name, int replicas, int? toleratesSeconds) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{name}}
        spec:
          replicas: {{replicas}}
          selector: {matchLabels: {app: {{name}} } }
          template:
            metadata: {labels: {app: {{name}} } }
            spec:
              containers:
              - name: main
                image: "registry.example/web:1"
                resources: {requests: {cpu: {{CpuMilli}}m } }
              {{Tolerations(toleratesSeconds)}}
        """;

    public static string StatefulSet(string name, int replicas, string policy, int? toleratesSeconds) => $$"""
        apiVersion: apps/v1
        kind: StatefulSet
        metadata:
          name: {{name}}
        spec:
          replicas: {{replicas}}
          serviceName: {{name}}
          podManagementPolicy: {{policy}}
          selector: {matchLabels: {app: {{name}} } }
          template:
            metadata: {labels: {app: {{name}} } }
            spec:
              containers: [{name: main, image: "registry.example/db:1"}]
              {{Tolerations(toleratesSeconds)}}
        """;

    public static string DaemonSet(string name) => $$"""
        apiVersion: apps/v1
        kind: DaemonSet
        metadata:
          name: {{name}}
        spec:
          selector: {matchLabels: {app: {{name}} } }
          updateStrategy: {rollingUpdate: {maxUnavailable: 20%} }
          template:
            metadata: {labels: {app: {{name}} } }
            spec:
              containers: [{name: main, image: "registry.example/log:1"}]
        """;

    /// <summary>Pods fail for many reasons here, flaky ones for their own too: none of them ends the Job.</summary>
    public static string Job(string name, int completions, int parallelism, string mode, bool flaky) => $$"""
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: {{name}}
        spec:
          completions: {{completions}}
          parallelism: {{parallelism}}
          completionMode: {{mode}}
          backoffLimit: 10000
          template:
            metadata:
              labels: {kind: {{(flaky ? SimPod.Flaky : "steady")}} }
            spec:
              restartPolicy: Never
              containers: [{name: main, image: "registry.example/work:1"}]
        """;

    public static string CronJob(string name) => $$"""
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: {{name}}
        spec:
          schedule: "*/2 * * * *"
          concurrencyPolicy: Forbid
          successfulJobsHistoryLimit: 100
          jobTemplate:
            spec:
              completions: 1
              backoffLimit: 10000
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: "registry.example/work:1"}]
        """;

    /// <param name="name">Of the Deployment or StatefulSet that it keeps.</param>
    /// <param name="bound">Such as <c>maxUnavailable: 1</c>.</param>
    public static string Budget(string name, string bound) => $$"""
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: {{name}}
        spec:
          {{bound}}
          selector: {matchLabels: {app: {{name}} } }
        """;

    public static string Autoscaler(string name, int min, int max) => $$"""
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata:
          name: {{name}}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{name}} }
          minReplicas: {{min}}
          maxReplicas: {{max}}
          metrics:
          - type: Resource
            resource: {name: cpu, target: {type: Utilization, averageUtilization: {{CpuTarget}} } }
        """;

    private static string Tolerations(int? seconds) => seconds is null
        ? ""
        : "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, "
            + $"tolerationSeconds: {seconds}}}]";
}
