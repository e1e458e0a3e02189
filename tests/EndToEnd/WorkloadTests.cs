using Edge.Tests.EndToEnd.Fixture;
using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd;

/// <summary>StatefulSets, DaemonSets, Jobs and drains by the real kubectl, on real nodes.</summary>
[Collection(FleetTests.Name)]
public sealed class WorkloadTests(Fleet fleet)
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(90);

    private static readonly string _image = TestImages.Reference(TestImages.Idle);

    private static readonly string _next = TestImages.Reference(TestImages.Web);

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task A_StatefulSet_grows_in_order_rolls_out_and_is_undone(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"db-{version.Replace('.', '-')}";
        await kubectl.Apply($"""
            apiVersion: v1
            kind: Service
            metadata:
              name: {name}
            spec:
              clusterIP: None
              selector:
                app: {name}
              ports:
                - port: 80
                  name: web
            ---
            apiVersion: apps/v1
            kind: StatefulSet
            metadata:
              name: {name}
            spec:
              serviceName: {name}
              replicas: 2
              selector:
                matchLabels:
                  app: {name}
              template:
                metadata:
                  labels:
                    app: {name}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: main
                      image: {_image}
                      command: ["sh", "-c", "hostname; exec sleep 1000000"]
            """);
        await kubectl.Do("rollout", "status", $"statefulset/{name}", "--timeout=90s");
        Assert.Equal($"{name}-1", await kubectl.Do("logs", $"{name}-1"));

        await kubectl.Do("scale", $"statefulset/{name}", "--replicas=3");
        await kubectl.Do("wait", "--for=jsonpath={.status.readyReplicas}=3", $"statefulset/{name}", "--timeout=60s");
        await kubectl.Do("set", "image", $"statefulset/{name}", $"main={_next}");
        await kubectl.Do("rollout", "status", $"statefulset/{name}", "--timeout=90s");
        Assert.Equal(_next, await kubectl.Field($"pod/{name}-0", ".spec.containers[0].image"));
        Assert.Matches(@"(?m)^2 ", await kubectl.Do("rollout", "history", $"statefulset/{name}"));
        await kubectl.Do("rollout", "undo", $"statefulset/{name}");
        await kubectl.Do("rollout", "status", $"statefulset/{name}", "--timeout=90s");
        Assert.Equal(_image, await kubectl.Field($"pod/{name}-2", ".spec.containers[0].image"));

        await kubectl.Delete($"statefulset/{name}", $"service/{name}");
        await Gone(kubectl, name);
    }

    [SkippableFact]
    public async Task A_DaemonSet_rolls_out_past_a_node_that_is_away_and_finishes_when_it_returns()
    {
        Fleet.Require();
        var kubectl = fleet.Kubectl;
        await kubectl.Apply(DaemonSet(_image));
        await kubectl.Do("rollout", "status", "daemonset/every", "--timeout=90s");

        var away = fleet.Nodes[2];
        await away.PowerCut();
        await kubectl.Until(
            $"node/{away.Name}", ".status.conditions[?(@.type=='Ready')].status", "Unknown", _deadline);
        await kubectl.Apply(DaemonSet(_next));
        await kubectl.Until("daemonset/every", ".status.updatedNumberScheduled", "2", _deadline);
        await kubectl.Until("daemonset/every", ".status.numberAvailable", "2", _deadline);
        Assert.Equal("3", await kubectl.Field("daemonset/every", ".status.desiredNumberScheduled"));

        // Nobody does anything but switch it on.
        await away.PowerOn(connected: true);
        await kubectl.Do("rollout", "status", "daemonset/every", "--timeout=120s");
        Assert.Equal("3", await kubectl.Field("daemonset/every", ".status.updatedNumberScheduled"));
        await kubectl.Delete("daemonset/every");
        await Gone(kubectl, "every");
    }

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task A_CronJob_gives_a_Job_by_hand_and_the_Job_completes(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"hello-{version.Replace('.', '-')}";
        await kubectl.Apply($"""
            apiVersion: batch/v1
            kind: CronJob
            metadata:
              name: {name}
            spec:
              schedule: "0 3 1 1 *"
              timeZone: Europe/Berlin
              jobTemplate:
                spec:
                  template:
                    metadata:
                      labels:
                        app: {name}
                    spec:
                      containers:
                        - name: hello
                          image: {_image}
                          imagePullPolicy: IfNotPresent
                          command:
                            - /bin/sh
                            - -c
                            - date; echo Hello from the Kubernetes cluster
                      restartPolicy: OnFailure
            """);
        Assert.Matches(@"0 3 1 1 \* +Europe/Berlin", await kubectl.Do("get", "cronjob", name, "--no-headers"));
        await kubectl.Do("create", "job", "--from", $"cronjob/{name}", $"{name}-now");
        await kubectl.Do("wait", "--for=condition=complete", $"job/{name}-now", "--timeout=60s");
        Assert.Contains("Hello from", await kubectl.Do("logs", $"job/{name}-now"));
        Assert.Contains("1/1", await kubectl.Do("get", "job", $"{name}-now", "--no-headers"));
        await kubectl.Delete("cronjob", name);
        await Gone(kubectl, name);
    }

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task A_drain_moves_pods_as_fast_as_their_budget_allows(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"moves-{version.Replace('.', '-')}";
        var node = fleet.Nodes[0].Name;
        await kubectl.Apply($"""
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              name: {name}
            spec:
              minAvailable: 2
              selector:
                matchLabels:
                  app: {name}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: {name}
            spec:
              replicas: 3
              selector:
                matchLabels:
                  app: {name}
              template:
                metadata:
                  labels:
                    app: {name}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                    - name: main
                      image: {_image}
            """);
        await kubectl.Do("rollout", "status", $"deployment/{name}", "--timeout=60s");
        await kubectl.Until($"pdb/{name}", ".status.disruptionsAllowed", "1", _deadline);

        await kubectl.Do("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=90s");
        Assert.Equal("", await kubectl.Do(
            "get", "pods", "-l", $"app={name}", "--field-selector", $"spec.nodeName={node}", "-o", "name"));
        await kubectl.Do("rollout", "status", $"deployment/{name}", "--timeout=60s");
        await kubectl.Do("uncordon", node);
        await kubectl.Delete($"deployment/{name}", $"pdb/{name}");
        await Gone(kubectl, name);
    }

    [SkippableFact]
    public async Task Manifests_as_the_documentation_has_them_are_applied_unmodified()
    {
        Fleet.Require();
        foreach (var name in (string[])["deployment", "statefulset", "cronjob", "horizontalpodautoscaler"])
        {
            var manifest = Documentation.Read(name);
            var applied = await fleet.Kubectl.TryWith(manifest, "apply", "-f", "-");
            applied.Ok();
            var warnings = applied.All.Split('\n').Where(line => line.StartsWith("Warning: ", StringComparison.Ordinal))
                .Select(line => line["Warning: ".Length..].Trim());
            Assert.Equal(Documentation.Warnings(name), warnings);
            await fleet.Kubectl.DoWith(manifest, "delete", "--ignore-not-found", "-f", "-");
        }
    }

    private static string DaemonSet(string image) => $"""
        apiVersion: apps/v1
        kind: DaemonSet
        metadata:
          name: every
        spec:
          selector:
            matchLabels:
              app: every
          template:
            metadata:
              labels:
                app: every
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: {image}
        """;

    private static Task Gone(Kubectl kubectl, string name) =>
        Tool.Until(_deadline, $"the pods of {name} go with it", async () =>
            await kubectl.Do("get", "pods", "-l", $"app={name}", "-o", "name") == "");
}
