using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>What the pods of a simulation are and how their processes behave, told by the name of the pod.</summary>
internal static class SimScript
{
    private static readonly string[] Kinds = ["serve", "flaky", "job", "fail", "fenced"];

    /// <summary>Uids carry the kind, such as <c>job-3</c>, so that a process knows how to live.</summary>
    public static string KindOf(string uid) => uid[..uid.IndexOf('-', StringComparison.Ordinal)];

    public static (DateTimeOffset? EndsAt, int Code) LifeOf(SimContainer container, DateTimeOffset now) =>
        (container.Name, KindOf(container.Uid)) switch
        {
            ("init", "flaky") => (now.AddSeconds(2), container.Attempt == 0 ? 1 : 0),
            ("init", _) => (now.AddSeconds(2), 0),
            ("main", "flaky") when container.Attempt < 2 => (now.AddSeconds(3), 1),
            ("main", "job") => (now.AddSeconds(15), container.Attempt == 0 ? 1 : 0),
            ("main", "fail") => (now.AddSeconds(15), 1),
            _ => (null, 0),
        };

    public static Pod NewPod(Random random, int number)
    {
        var kind = Kinds[random.Next(Kinds.Length)];
        var init = new Container { Name = "init", Image = "example/init:1" };
        var sidecar = new Container { Name = "side", Image = "example/side:1", RestartPolicy = "Always" };
        List<Container> inits = random.Next(4) switch
        {
            0 => [init],
            1 => [sidecar],
            2 => [init, sidecar],
            _ => [],
        };
        var main = new Container
        {
            Name = "main",
            Image = "example/app:1",
            ImagePullPolicy = random.Next(2) == 0 ? "Always" : "IfNotPresent",
        };
        return new Pod
        {
            Metadata = new ObjectMeta { Uid = $"{kind}-{number}", Name = $"pod-{number}", Namespace = "default" },
            Spec = new PodSpec
            {
                InitContainers = inits.Count > 0 ? inits : null,
                Containers = [main],
                RestartPolicy = kind switch
                {
                    "job" => "OnFailure",
                    "fail" => "Never",
                    "serve" when random.Next(4) == 0 => "Never",
                    _ => "Always",
                },
                TerminationGracePeriodSeconds = random.Next(3) * 10,
                Volumes = random.Next(3) == 0
                    ? [new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "settings" } }]
                    : null,
                Tolerations = kind == "fenced"
                    ? [new Toleration { Key = "node.kubernetes.io/unreachable", Operator = "Exists",
                        Effect = "NoExecute", TolerationSeconds = 60 }]
                    : null,
            },
        };
    }

    public static Pod WithImage(Pod pod, int version) => pod with
    {
        Spec = pod.Spec with
        {
            Containers = [pod.Spec.Containers[0] with { Image = $"example/app:{version}" }],
        },
    };
}
