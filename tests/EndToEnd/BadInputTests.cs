using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>What people get wrong, and the answer Kubernetes gives; nothing else changes.</summary>
[Collection(FleetTests.Name)]
public sealed class BadInputTests(Fleet fleet)
{
    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task Manifests_that_make_no_sense_are_refused_by_the_name_of_what_is_wrong()
    {
        Fleet.Require();
        await Refused("kind: Gadget\napiVersion: v1\nmetadata:\n  name: x", "no matches for kind \"Gadget\"");
        await Refused(
            "kind: Gadget\napiVersion: example.com/v1\nmetadata:\n  name: x", "no matches for kind \"Gadget\"");
        await Refused(Idle("x").Replace("nodeName", "nodename"), "unknown field \"spec.nodename\"");
        await Refused(Idle("x").Replace("terminationGracePeriodSeconds: 1", "terminationGracePeriodSeconds: soon"),
            "spec.terminationGracePeriodSeconds");
        await Refused(
            Idle("x") + "\n      resources:\n        limits:\n          memory: plenty", "quantities must match");
        await Refused(Idle("Not_A_Name"), "metadata.name: Invalid value: \"Not_A_Name\"");
        await Refused(Idle("x").Replace("image:", "imagePullPolicy: Sometimes\n      image:"),
            "spec.containers[0].imagePullPolicy: Unsupported value: \"Sometimes\"");
        Assert.Equal("", await _kubectl.Do("get", "pods", "-l", "app=x", "-o", "name"));
    }

    [SkippableFact]
    public async Task An_unknown_field_is_only_warned_about_where_the_caller_asks_for_that()
    {
        Fleet.Require();
        var answer = await _kubectl.TryWith(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: warned\ncolour: blue",
            "create", "--validate=warn", "-f", "-");

        answer.Ok();
        Assert.Contains("unknown field \"colour\"", answer.Error);
        await _kubectl.Delete("configmap/warned");
    }

    [SkippableFact]
    public async Task Conflicts_and_immutable_fields_are_refused_and_change_nothing()
    {
        Fleet.Require();
        await _kubectl.Do("create", "configmap", "taken", "--from-literal=a=1");
        Contains("already exists", await _kubectl.Try("create", "configmap", "taken"));

        var old = await _kubectl.Do("get", "configmap/taken", "-o", "yaml");
        await _kubectl.Do("patch", "configmap/taken", "-p", """{"data":{"a":"2"}}""");
        Contains("the object has been modified", await _kubectl.TryWith(old, "replace", "-f", "-"));
        Assert.Equal("2", await _kubectl.Field("configmap/taken", ".data.a"));

        await _kubectl.Apply(Idle("fixed"));
        Contains("pod updates may not change fields other than", await _kubectl.Try(
            "patch", "pod/fixed", "-p", """{"spec":{"terminationGracePeriodSeconds":7}}"""));
        Contains("UID in precondition", await _kubectl.Try(
            "patch", "configmap/taken", "-p", """{"metadata":{"uid":"11111111-1111-1111-1111-111111111111"}}"""));
        await _kubectl.Delete("pod/fixed", "configmap/taken");
    }

    [SkippableFact]
    public async Task An_oversized_object_is_refused()
    {
        Fleet.Require();
        var path = Path.Combine(fleet.Home, "big");
        await File.WriteAllTextAsync(path, new string('x', 1_600_000));
        Contains("Too long: may not be more than 1048576 bytes", await _kubectl.Try(
            "create", "configmap", "big", $"--from-file={path}"));

        await File.WriteAllTextAsync(path, new string('x', 4_000_000));
        Contains("too large", await _kubectl.Try("create", "configmap", "big", $"--from-file={path}"));
        Contains("NotFound", await _kubectl.Try("get", "configmap/big"));
    }

    [SkippableFact]
    public async Task Images_that_cannot_be_run_are_named_as_the_reason_why_the_pod_waits()
    {
        Fleet.Require();
        await _kubectl.Apply(Manifests.WithImage("absent", $"{Fleet.Registry}/absent:1"));
        await _kubectl.Apply(Manifests.WithImage("foreign", TestImages.Reference(TestImages.Foreign)));
        await _kubectl.Apply(Manifests.WithImage("corrupt", TestImages.Reference(TestImages.Corrupt)));
        await _kubectl.Apply(Manifests.WithImage("misspelt", $"{Fleet.Registry}/Not A Name"));

        foreach (var pod in (string[])["absent", "foreign", "corrupt"])
        {
            await _kubectl.UntilWaiting(pod, "ErrImagePull", "ImagePullBackOff");
        }

        await _kubectl.UntilWaiting("misspelt", "InvalidImageName");
        await _kubectl.UntilWaiting("absent", "ImagePullBackOff");
        await _kubectl.Delete("pod/absent", "pod/foreign", "pod/corrupt", "pod/misspelt");
    }

    [SkippableFact]
    public async Task Containers_that_cannot_start_or_stay_say_why()
    {
        Fleet.Require();
        await _kubectl.Apply(Manifests.Script("crash", "exit 1"));
        await _kubectl.Apply(Idle("nocommand") + "\n      command: [\"/no/such/program\"]");
        await _kubectl.Apply(Idle("noconfig") + """

                  envFrom:
                    - configMapRef:
                        name: nobody
            """);
        await _kubectl.UntilWaiting("crash", "CrashLoopBackOff");
        await _kubectl.UntilWaiting("nocommand", "CrashLoopBackOff", "RunContainerError");
        await _kubectl.UntilWaiting("noconfig", "CreateContainerConfigError");
        Assert.Contains(
            "nobody", await _kubectl.Field("pod/noconfig", ".status.containerStatuses[0].state.waiting.message"));

        await _kubectl.Do("create", "configmap", "nobody", "--from-literal=a=1");
        await _kubectl.UntilPodReady("noconfig");
        await _kubectl.Delete("pod/crash", "pod/nocommand", "pod/noconfig", "configmap/nobody");
    }

    [SkippableFact]
    public async Task A_pod_that_no_node_can_take_says_why_in_an_event()
    {
        Fleet.Require();
        await _kubectl.Apply(Manifests.Idle("nowhere").Replace("spec:", "spec:\n  nodeSelector:\n    planet: mars"));

        await Tool.Until(TimeSpan.FromSeconds(30), "an event says why", async () =>
            (await _kubectl.Do("get", "events", "--field-selector", "reason=FailedScheduling"))
                .Contains("didn't match Pod's node affinity/selector", StringComparison.Ordinal));
        Assert.Equal("Pending", await _kubectl.Field("pod/nowhere", ".status.phase"));
        await _kubectl.Delete("pod/nowhere");
    }

    private static string Idle(string name) => Manifests.Idle(name, "node-1");

    private async Task Refused(string manifest, string complaint) =>
        Contains(complaint, await _kubectl.TryWith(manifest, "apply", "-f", "-"));

    private static void Contains(string complaint, ToolResult answer)
    {
        var said = answer.Failed();
        Assert.True(said.Contains(complaint, StringComparison.Ordinal), said);
    }
}
