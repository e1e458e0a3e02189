using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>Pods from <c>kubectl apply</c> to a container on a device and back.</summary>
[Collection(FleetTests.Name)]
public sealed class PodTests(Fleet fleet)
{
    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task A_pod_becomes_ready_and_answers_on_its_host_port()
    {
        Fleet.Require();
        await _kubectl.Apply($"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: web
                  image: {TestImages.Reference(TestImages.Web)}
                  ports:
                    - containerPort: 8080
                      hostPort: 18080
                  readinessProbe:
                    httpGet:
                      path: /
                      port: 8080
                    periodSeconds: 1
                  resources:
                    requests:
                      cpu: 10m
                      memory: 8Mi
                    limits:
                      memory: 32Mi
            """);
        await _kubectl.UntilPodReady("web");

        var address = await _kubectl.Field("pod/web", ".status.hostIP");
        string[] fetch = ["timeout", "3", "busybox", "wget", "-q", "-O", "-", $"http://{address}:18080/"];
        Assert.Equal("Edge runs.", (await fleet.InHub(fetch)).Ok());
        Assert.StartsWith("10.64.", await _kubectl.Field("pod/web", ".status.podIP"));

        await _kubectl.Delete("pod", "web");
        Assert.NotEqual(0, (await fleet.InHub(fetch)).ExitCode);
    }

    [SkippableFact]
    public async Task ConfigMaps_and_Secrets_reach_the_container_and_a_change_of_one_restarts_nothing()
    {
        Fleet.Require();
        await _kubectl.Do("create", "configmap", "settings", "--from-literal=colour=blue");
        await _kubectl.Do("create", "secret", "generic", "keys", "--from-literal=word=sesame");
        await _kubectl.Apply($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: configured
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: {{TestImages.Reference(TestImages.Idle)}}
                  command: ["sh", "-c"]
                  args: ["echo $COLOUR $WORD $(cat /settings/colour) $(cat /keys/word); exec sleep 1000000"]
                  env:
                    - name: COLOUR
                      valueFrom: { configMapKeyRef: { name: settings, key: colour } }
                    - name: WORD
                      valueFrom: { secretKeyRef: { name: keys, key: word } }
                  volumeMounts:
                    - { name: settings, mountPath: /settings }
                    - { name: keys, mountPath: /keys, readOnly: true }
              volumes:
                - name: settings
                  configMap: { name: settings }
                - name: keys
                  secret: { secretName: keys }
            """);
        await _kubectl.UntilPodReady("configured");
        await UntilLogs("configured", "blue sesame blue sesame");
        var container = await _kubectl.Field("pod/configured", ".status.containerStatuses[0].containerID");

        await _kubectl.Do("patch", "configmap", "settings", "-p", """{"data":{"colour":"green"}}""");
        // A marker pod on the same node that runs with the new value proves that the node has it.
        var node = await _kubectl.Field("pod/configured", ".spec.nodeName");
        await _kubectl.Apply($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: marker
            spec:
              nodeName: {{node}}
              restartPolicy: Never
              containers:
                - name: main
                  image: {{TestImages.Reference(TestImages.Idle)}}
                  command: ["sh", "-c", "echo $COLOUR"]
                  env:
                    - name: COLOUR
                      valueFrom: { configMapKeyRef: { name: settings, key: colour } }
            """);
        await _kubectl.UntilPhase("marker", "Succeeded");
        await UntilLogs("marker", "green");

        Assert.Equal("0", await _kubectl.Field("pod/configured", ".status.containerStatuses[0].restartCount"));
        Assert.Equal(container, await _kubectl.Field("pod/configured", ".status.containerStatuses[0].containerID"));
        await _kubectl.Delete("pod/configured", "pod/marker", "configmap/settings", "secret/keys");
    }

    [SkippableFact]
    public async Task Init_containers_run_in_order_and_share_volumes_with_the_others()
    {
        Fleet.Require();
        var image = TestImages.Reference(TestImages.Idle);
        await _kubectl.Apply($$"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: staged
            spec:
              restartPolicy: Never
              initContainers:
                - name: one
                  image: {{image}}
                  command: ["sh", "-c", "echo one >> /work/order"]
                  volumeMounts: [{ name: work, mountPath: /work }]
                - name: two
                  image: {{image}}
                  command: ["sh", "-c", "echo two >> /work/order"]
                  volumeMounts: [{ name: work, mountPath: /work }]
              containers:
                - name: main
                  image: {{image}}
                  command: ["sh", "-c", "echo $(cat /work/order) $(hostname)"]
                  volumeMounts: [{ name: work, mountPath: /work }]
              volumes:
                - name: work
                  emptyDir: {}
            """);
        await _kubectl.UntilPhase("staged", "Succeeded");
        await UntilLogs("staged", "one two staged");
        await _kubectl.Delete("pod/staged");
    }

    [SkippableFact]
    public async Task A_pod_that_ends_has_the_phase_of_its_exit_code()
    {
        Fleet.Require();
        await _kubectl.Apply(Manifests.Script("good", "exit 0", "Never"));
        await _kubectl.Apply(Manifests.Script("bad", "exit 3", "Never"));
        await _kubectl.UntilPhase("good", "Succeeded");
        await _kubectl.UntilPhase("bad", "Failed");

        Assert.Equal("3", await _kubectl.Field("pod/bad", ".status.containerStatuses[0].state.terminated.exitCode"));
        await _kubectl.Delete("pod/good", "pod/bad");
    }

    [SkippableFact]
    public async Task Logs_are_followed_while_they_are_written()
    {
        Fleet.Require();
        await _kubectl.Apply(Manifests.Script("talker", "for n in 1 2 3 4 5; do echo line $n; sleep 1; done", "Never"));
        await _kubectl.UntilPhase("talker", "Running");

        var followed = await _kubectl.Do("logs", "-f", "talker");

        Assert.Equal("line 1\nline 2\nline 3\nline 4\nline 5", followed);
        Assert.Equal("line 5", await _kubectl.Do("logs", "talker", "--tail=1"));
        await _kubectl.Delete("pod/talker");
    }

    private Task UntilLogs(string pod, string text) => Tool.Until(
        TimeSpan.FromSeconds(20), $"logs of {pod} say '{text}'", async () => await _kubectl.Do("logs", pod) == text);
}
