using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>Deployments by the real kubectl: rolled out, broken, undone, paused, restarted, scaled.</summary>
[Collection(FleetTests.Name)]
public sealed class RolloutTests(Fleet fleet)
{
    private const int Replicas = 3;

    private static readonly string _first = TestImages.Reference(TestImages.Web);
    private static readonly string _second = TestImages.Reference(TestImages.Web2);

    /// <summary>No registry has it: its pods never become ready.</summary>
    private static readonly string _bad = $"{Fleet.Registry}/nowhere:1";

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task A_Deployment_is_rolled_out_undone_paused_restarted_and_scaled(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"rollout-{version.Replace('.', '-')}";
        await kubectl.Apply(Manifest(name));
        Assert.Contains("successfully rolled out", await Rolled(kubectl, name));

        await kubectl.Do("set", "image", $"deployment/{name}", $"web={_second}");
        await Rolled(kubectl, name);
        Assert.Equal(
            [_second], (await Images(kubectl, name)).Distinct());
        var history = await kubectl.Do("rollout", "history", $"deployment/{name}");
        Assert.Matches(@"(?m)^1 ", history);
        Assert.Matches(@"(?m)^2 ", history);
        Assert.Contains(_first, await kubectl.Do("rollout", "history", $"deployment/{name}", "--revision=1"));

        await kubectl.Do("rollout", "undo", $"deployment/{name}");
        await Rolled(kubectl, name);
        Assert.Equal([_first], (await Images(kubectl, name)).Distinct());
        Assert.Equal("3", await kubectl.Field(
            $"deployment/{name}", ".metadata.annotations.deployment\\.kubernetes\\.io/revision"));

        await kubectl.Do("rollout", "pause", $"deployment/{name}");
        await kubectl.Do("set", "image", $"deployment/{name}", $"web={_second}");
        await kubectl.Until($"deployment/{name}", ".status.conditions[?(@.type=='Progressing')].reason",
            "DeploymentPaused", TimeSpan.FromSeconds(10));
        Assert.Equal([_first], (await Images(kubectl, name)).Distinct());
        await kubectl.Do("rollout", "resume", $"deployment/{name}");
        await Rolled(kubectl, name);
        Assert.Equal([_second], (await Images(kubectl, name)).Distinct());

        var before = await Uids(kubectl, name);
        await kubectl.Do("rollout", "restart", $"deployment/{name}");
        await Rolled(kubectl, name);
        Assert.Empty(before.Intersect(await Uids(kubectl, name)));

        await kubectl.Do("scale", $"deployment/{name}", "--replicas=5", $"--current-replicas={Replicas}");
        await Rolled(kubectl, name);
        Assert.Equal(5, (await Uids(kubectl, name)).Count);
        Assert.Contains(
            "expected replicas", (await kubectl.Try("scale", $"deployment/{name}", "--replicas=1",
                "--current-replicas=2")).Failed(), StringComparison.OrdinalIgnoreCase);
        Assert.Matches($@"{name} +5/5 +5 +5 ", await kubectl.Do("get", "deployment", name, "--no-headers"));

        await kubectl.Do("autoscale", $"deployment/{name}", "--min=1", "--max=5", "--cpu-percent=80");
        Assert.Contains(
            $"Deployment/{name}", await kubectl.Do("get", "hpa", name, "--no-headers"));
        Assert.Contains("Min replicas:", await kubectl.Do("describe", "hpa", name));

        await kubectl.Delete("hpa", name);
        await Remove(kubectl, name);
    }

    [SkippableFact]
    public async Task A_bad_image_stops_the_rollout_and_the_old_revision_keeps_serving()
    {
        Fleet.Require();
        var kubectl = fleet.Kubectl;
        await kubectl.Apply(Manifest("stops", "progressDeadlineSeconds: 8"));
        await Rolled(kubectl, "stops");

        await kubectl.Do("set", "image", "deployment/stops", $"web={_bad}");
        Assert.Contains("exceeded its progress deadline", (await kubectl.Try(
            "rollout", "status", "deployment/stops", "--timeout=60s")).Failed());
        Assert.Equal($"{Replicas}", await kubectl.Field("deployment/stops", ".status.availableReplicas"));
        Assert.Equal("1", await kubectl.Field("deployment/stops", ".status.updatedReplicas"));
        Assert.True((await Answers("stops")).Answered > 0);

        await kubectl.Do("rollout", "undo", "deployment/stops");
        await Rolled(kubectl, "stops");
        Assert.Equal([_first], (await Images(kubectl, "stops")).Distinct());
        await Remove(kubectl, "stops");
    }

    [SkippableFact]
    public async Task A_rolling_update_leaves_no_request_unanswered()
    {
        Fleet.Require();
        var kubectl = fleet.Kubectl;
        // Each new pod is watched for two seconds: long enough for a client to see every state of the rollout.
        await kubectl.Apply(Manifest("serves", "minReadySeconds: 2"));
        await Rolled(kubectl, "serves");
        using var done = new CancellationTokenSource();
        var client = Task.Run(async () =>
        {
            var (answered, unanswered) = (0, 0);
            while (!done.IsCancellationRequested)
            {
                var (more, less) = await Answers("serves");
                (answered, unanswered) = (answered + more, unanswered + less);
            }

            return (answered, unanswered);
        });

        await kubectl.Do("set", "image", "deployment/serves", $"web={_second}");
        await Rolled(kubectl, "serves");
        await done.CancelAsync();
        var (answers, failures) = await client;
        Assert.True(answers > 10, $"only {answers} requests were answered");
        Assert.Equal(0, failures);
        Assert.Equal([_second], (await Images(kubectl, "serves")).Distinct());
        await Remove(kubectl, "serves");
    }

    /// <summary>
    /// A client as a proxy is one: of the pods that are ready it asks one. Another may answer in its place only if that
    /// one is on its way out, gone or not ready any more; one that says that it serves and does not is a failure.
    /// </summary>
    private async Task<(int Answered, int Unanswered)> Answers(string name)
    {
        foreach (var pod in await Ready("-l", $"app={name}"))
        {
            var node = fleet.Nodes.First(node => node.Name == pod.Node);
            var fetched = await node.Inside(
                "timeout", "10", "busybox", "wget", "-q", "-O", "-", $"http://{pod.Address}:8080/");
            if (fetched.ExitCode == 0)
            {
                return (1, 0);
            }

            if ((await Ready("--field-selector", $"metadata.name={pod.Name}")).Contains(pod))
            {
                return (0, 1);
            }
        }

        return (0, 1);
    }

    /// <summary>Pods that say that they serve, and that nobody has told to end.</summary>
    private async Task<IReadOnlyList<Serving>> Ready(params string[] which)
    {
        var listed = await fleet.Kubectl.Do(["get", "pods", .. which, "-o",
            "jsonpath={range .items[*]}{.metadata.deletionTimestamp},{.metadata.name},{.metadata.uid},"
            + "{.spec.nodeName},{.status.podIP},{.status.conditions[?(@.type=='Ready')].status}{'\\n'}{end}"]);
        return
        [
            .. listed.Split('\n').Select(line => line.Split(',')).Where(pod => pod is ["", _, _, _, _, "True"])
                .Select(pod => new Serving(pod[1], pod[2], pod[3], pod[4])),
        ];
    }

    /// <summary>The sets and pods of a Deployment go with it.</summary>
    private static async Task Remove(Kubectl kubectl, string name)
    {
        await kubectl.Delete("deployment", name);
        await Tool.Until(TimeSpan.FromSeconds(60), "the pods go with their Deployment", async () =>
            await kubectl.Do("get", "replicasets,pods", "-l", $"app={name}", "-o", "name") == "");
    }

    private static Task<string> Rolled(Kubectl kubectl, string name) =>
        kubectl.Do("rollout", "status", $"deployment/{name}", "--timeout=90s");

    private static async Task<IReadOnlyList<string>> Images(Kubectl kubectl, string name) =>
        Split(await kubectl.Do("get", "pods", "-l", $"app={name}", "-o",
            "jsonpath={range .items[*]}{.metadata.deletionTimestamp},{.spec.containers[0].image}{'\\n'}{end}"));

    private static async Task<IReadOnlyList<string>> Uids(Kubectl kubectl, string name) =>
        Split(await kubectl.Do("get", "pods", "-l", $"app={name}", "-o",
            "jsonpath={range .items[*]}{.metadata.deletionTimestamp},{.metadata.uid}{'\\n'}{end}"));

    /// <summary>The second of each pair, of the pods that are not on their way out.</summary>
    private static List<string> Split(string lines) =>
        [.. lines.Split('\n').Where(line => line.StartsWith(',')).Select(line => line[1..])];

    private static string Manifest(string name, string more = "revisionHistoryLimit: 10") => $"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {name}
          labels:
            app: {name}
        spec:
          replicas: {Replicas}
          {more}
          selector:
            matchLabels:
              app: {name}
          strategy:
            type: RollingUpdate
            rollingUpdate:
              maxSurge: 1
              maxUnavailable: 0
          template:
            metadata:
              labels:
                app: {name}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: web
                  image: {_first}
                  ports:
                    - containerPort: 8080
                  resources:
                    requests:
                      cpu: 10m
                      memory: 8Mi
                    limits:
                      memory: 32Mi
                  readinessProbe:
                    httpGet:
                      path: /
                      port: 8080
                    periodSeconds: 1
                  livenessProbe:
                    tcpSocket:
                      port: 8080
                    periodSeconds: 5
        """;

    private sealed record Serving(string Name, string Uid, string Node, string Address);
}
