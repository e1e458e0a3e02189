using System.Security.Cryptography;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Being in a container from far away, by the real kubectl of each way to do it. Nobody reaches the nodes; they reach
/// the server.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class StreamTests(Fleet fleet) : IAsyncLifetime
{
    public Task InitializeAsync() => fleet.CloseDoors();

    public Task DisposeAsync() => fleet.OpenDoors();

    [SkippableFact]
    public async Task Nobody_reaches_a_node_that_reaches_the_server()
    {
        Fleet.Require();
        var node = fleet.Nodes[0];
        (await fleet.InHub(["busybox", "ping", "-c", "1", "-W", "1", node.Address])).Failed();
        (await node.Inside("busybox", "ping", "-c", "1", "-W", "5", Fleet.HubAddress)).Ok();
        Assert.Equal("True", await fleet.Kubectl.Field(
            $"node/{node.Name}", ".status.conditions[?(@.type=='Ready')].status"));
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Commands_run_with_input_outputs_exit_codes_and_terminals(string version)
    {
        var kubectl = fleet.Use(version);
        var pod = $"exec-{version.Replace('.', '-')}";
        await kubectl.Apply(Manifests.Idle(pod));
        await kubectl.UntilPodReady(pod);

        var both = await kubectl.Try("exec", pod, "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n"), (both.ExitCode, both.Output));
        Assert.StartsWith("err\n", both.Error);
        Assert.Contains("command terminated with exit code 3", both.Error);
        Assert.Equal(
            "hello\nthere", await kubectl.DoWith("hello\nthere\n", "exec", "-i", pod, "-c", "main", "--", "cat"));
        var typed = await kubectl.TryInTerminal("tty; exit 4\n", "exec", "-it", pod, "--", "sh");
        Assert.Equal(4, typed.ExitCode);
        Assert.Contains("/dev/pts/0", typed.Output);

        var none = await kubectl.Try("exec", pod, "--", "no-such-thing");
        Assert.Contains("no-such-thing", none.Failed());
        var other = await kubectl.Try("exec", pod, "-c", "other", "--", "true");
        Assert.Contains($"container other is not valid for pod {pod}", other.Failed());
        await kubectl.Delete("pod", pod);
    }

    [SkippableFact]
    public async Task Many_commands_run_at_once_over_the_way_that_the_newest_kubectl_prefers()
    {
        var kubectl = fleet.Use("1.33");
        await kubectl.Apply(Manifests.Idle("many"));
        await kubectl.UntilPodReady("many");

        var runs = await Task.WhenAll(Enumerable.Range(0, 10).Select(number => kubectl.TryWith(
            new string('x', 300_000), "exec", "-i", "many", "-v=8", "--", "sh", "-c", $"cat; exit {number}")));
        for (var number = 0; number < runs.Length; number++)
        {
            Assert.Equal((number, 300_000), (runs[number].ExitCode, runs[number].Output.Length));
            Assert.Contains("v5.channel.k8s.io", runs[number].Error);
            Assert.DoesNotContain("SPDY", runs[number].Error);
        }

        await kubectl.Delete("pod", "many");
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Files_are_copied_both_ways_whole(string version)
    {
        var kubectl = fleet.Use(version);
        var pod = $"cp-{version.Replace('.', '-')}";
        await kubectl.Apply(Manifests.Idle(pod));
        await kubectl.UntilPodReady(pod);
        var bytes = new byte[6 * 1024 * 1024];
        new Random(5).NextBytes(bytes);
        var (there, back) = (Path.Combine(fleet.Home, $"{pod}.bin"), Path.Combine(fleet.Home, $"{pod}.back"));
        await File.WriteAllBytesAsync(there, bytes);

        await kubectl.Do("cp", there, $"{pod}:/tmp/file");
        await kubectl.Do("cp", $"{pod}:/tmp/file", back);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(
            SHA256.HashData(await File.ReadAllBytesAsync(back))));
        await kubectl.Delete("pod", pod);
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Somebody_is_at_a_container_with_and_without_a_terminal(string version)
    {
        var kubectl = fleet.Use(version);
        var pod = $"attach-{version.Replace('.', '-')}";
        const string script = "while read line; do echo got $line; done; echo bye; sleep 1";
        await kubectl.Apply(WithInput(pod, script, tty: false));
        await kubectl.UntilPodReady(pod);
        var attached = await kubectl.TryWith("one\ntwo\n", "attach", "-i", pod);
        Assert.Equal((0, "got one\ngot two\nbye\n"), (attached.ExitCode, attached.Output));
        Assert.Equal("got one\ngot two\nbye", await kubectl.Do("logs", pod));
        await kubectl.Delete("pod", pod);

        await kubectl.Apply(WithInput(pod, "read line; tty; echo got $line", tty: true));
        await kubectl.UntilPodReady(pod);
        var typed = await kubectl.TryInTerminal("three\n", "attach", "-it", pod);
        Assert.Contains("/dev/pts/0", typed.Ok());
        Assert.Contains("got three", typed.Output);
        await kubectl.Delete("pod", pod);

        var image = TestImages.Reference(TestImages.Idle);
        var ran = await kubectl.TryWith(
            "run it\n", "run", $"{pod}-run", "-i", "--rm", "--quiet", "--restart=Never", $"--image={image}", "--",
            "cat");
        Assert.Equal("run it\n", ran.Output);
        Assert.Equal(0, ran.ExitCode);
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Ports_are_forwarded_for_many_connections_at_once(string version)
    {
        var kubectl = fleet.Use(version);
        var pod = $"forward-{version.Replace('.', '-')}";
        await kubectl.Apply(Manifests.WithImage(pod, TestImages.Reference(TestImages.Web)));
        await kubectl.UntilPodReady(pod);
        await using var forwarding = Following.Start(fleet.Hub, [
            Kubectl.Locate(version)!, "--kubeconfig", fleet.Kubeconfig, "port-forward", $"pod/{pod}", "18080:8080",
            "18081:81"]);
        await forwarding.Until(shown => shown.Contains("Forwarding from 127.0.0.1:18081 -> 81"));
        await kubectl.Do("label", "pod", pod, $"app={pod}");
        await kubectl.Do("expose", "pod", pod, "--port=80", "--target-port=8080");
        await using var toService = Following.Start(fleet.Hub, [
            Kubectl.Locate(version)!, "--kubeconfig", fleet.Kubeconfig, "port-forward", $"service/{pod}", "18082:80"]);
        await toService.Until(shown => shown.Contains("Forwarding from 127.0.0.1:18082 -> 8080"));
        Assert.Equal("Edge runs.", (await fleet.InHub(
            ["busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18082/index.html"])).Ok());

        var pages = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => fleet.InHub(
            ["busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18080/index.html"])));
        Assert.All(pages, page => Assert.Equal("Edge runs.", page.Ok()));
        var files = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => fleet.InHub(
            ["sh", "-c", "busybox wget -q -O - http://127.0.0.1:18080/busybox | sha256sum"])));
        var hash = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync("/bin/busybox")));
        Assert.All(files, file => Assert.Equal($"{hash}  -", file.Ok()));
        (await fleet.InHub(["busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18081/"])).Failed();
        await kubectl.Delete($"pod/{pod}", $"service/{pod}");
    }

    [SkippableFact]
    public async Task A_lost_link_ends_a_command_with_a_word_and_nothing_of_it_is_left()
    {
        var kubectl = fleet.Use("1.33");
        var node = fleet.Nodes[1];
        await kubectl.Apply(Manifests.Idle("cut", node.Name));
        await kubectl.UntilPodReady("cut");
        var running = kubectl.Try("exec", "cut", "--", "sh", "-c", "echo begun; sleep 4243");
        await Tool.Until(TimeSpan.FromSeconds(20), "the command runs", () => Task.FromResult(Sleeps()));

        await node.Agent.Kill();
        var ended = await running;
        Assert.Contains("error executing command in container", ended.Failed());
        node.Agent.Start();
        await Tool.Until(TimeSpan.FromSeconds(60), "the command is gone", () => Task.FromResult(!Sleeps()));
        await kubectl.Delete("pod", "cut");

        static bool Sleeps() => Machine.ProcessesNaming("4243").Any(pid =>
            File.ReadAllText($"/proc/{pid}/cmdline") == "sleep\04243\0");
    }

    private static string WithInput(string name, string script, bool tty) => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
            - name: main
              image: {TestImages.Reference(TestImages.Idle)}
              stdin: true
              stdinOnce: true
              tty: {(tty ? "true" : "false")}
              command: ["sh", "-c", {System.Text.Json.JsonSerializer.Serialize(script)}]
        """;
}
