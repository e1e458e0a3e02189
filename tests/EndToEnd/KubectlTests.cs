using System.Text.RegularExpressions;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>What people do every day, by the real kubectl of each version that Edge promises.</summary>
[Collection(FleetTests.Name)]
public sealed class KubectlTests(Fleet fleet)
{
    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Pods_are_applied_watched_changed_and_deleted(string version)
    {
        var kubectl = fleet.Use(version);
        var pod = $"daily-{version.Replace('.', '-')}";
        var manifest = Manifests.Script(pod, "echo started; exec sleep 1000000");

        await using var watching = Follow(version, "get", "pods", "-w", "--no-headers");
        await using var events = Follow(version, "events", "-w", "--for", $"pod/{pod}");
        Assert.Equal($"pod/{pod} created", await kubectl.Apply(manifest));
        Assert.Contains(
            "condition met", await kubectl.Do("wait", "--for=condition=Ready", $"pod/{pod}", "--timeout=60s"));
        await watching.Until(shown => Regex.IsMatch(shown, $@"{pod} +1/1 +Running"));
        await events.Until(shown => Regex.IsMatch(shown, $@"Normal +Started +Pod/{pod} +Started container main"));
        Assert.Equal($"pod/{pod} unchanged", await kubectl.Apply(manifest));
        var labelled = manifest.Replace("spec:", "  labels:\n    a: b\nspec:");
        Assert.Equal($"pod/{pod} configured", await kubectl.Apply(labelled));

        var row = await kubectl.Do("get", "pod", pod, "--no-headers");
        Assert.Equal([pod, "1/1", "Running", "0"], row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..4]);
        Assert.Contains("NOMINATED NODE", await kubectl.Do("get", "pods", "-o", "wide"));
        Assert.Equal("started", await kubectl.Do("logs", pod));
        await using (var log = Follow(version, "logs", "-f", pod))
        {
            await log.Until(shown => shown == "started\n");
        }

        Assert.Contains("labeled", await kubectl.Do("label", "pod", pod, "tier=edge"));
        Assert.Contains("annotated", await kubectl.Do("annotate", "pod", pod, "note=kept"));
        Assert.Equal($"pod/{pod}", await kubectl.Do("get", "pods", "-l", "tier=edge,a=b", "-o", "name"));
        var described = await kubectl.Do("describe", "pod", pod);
        Assert.Contains("note: kept", described);
        Assert.Contains("Started", described);

        var whole = await kubectl.Do("get", "pod", pod, "-o", "yaml");
        var edited = whole.Replace("note: kept", "note: new");
        Assert.Equal($"pod/{pod} replaced", await kubectl.DoWith(edited, "replace", "-f", "-"));
        Assert.Equal("new", await kubectl.Field($"pod/{pod}", ".metadata.annotations.note"));
        Assert.Equal($"pod/{pod} edited", await kubectl.Edit($"pod/{pod}", "s/note: new/note: edited/"));
        Assert.Equal("edited", await kubectl.Field($"pod/{pod}", ".metadata.annotations.note"));

        Assert.Contains("deleted", await kubectl.Do("delete", "pod", pod, "--timeout=60s"));
        Assert.Contains("NotFound", (await kubectl.Try("get", "pod", pod)).Failed());
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task ConfigMaps_and_Secrets_are_created_watched_changed_and_deleted(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"daily-{version.Replace('.', '-')}";

        await kubectl.Do("create", "configmap", name, "--from-literal=a=1");
        await using var watching = Follow(
            version, "get", "configmap", name, "-w", "-o", "jsonpath={.data.a}{'\\n'}");
        await watching.Until(shown => shown == "1\n");
        await kubectl.Do("patch", "configmap", name, "--type=merge", "-p", """{"data":{"a":"2"}}""");
        const string third = """[{"op":"replace","path":"/data/a","value":"3"}]""";
        await kubectl.Do("patch", "configmap", name, "--type=json", "-p", third);
        await watching.Until(shown => shown == "1\n2\n3\n");
        Assert.Equal($"configmap/{name} edited", await kubectl.Edit($"configmap/{name}", "s/a: \"3\"/a: \"4\"/"));
        Assert.Equal("4", await kubectl.Field($"configmap/{name}", ".data.a"));
        Assert.Contains("a:", await kubectl.Do("describe", "configmap", name));

        await kubectl.Do("create", "secret", "generic", name, "--from-literal=word=sesame");
        Assert.Equal("c2VzYW1l", await kubectl.Field($"secret/{name}", ".data.word"));
        Assert.Contains("6 bytes", await kubectl.Do("describe", "secret", name));
        Assert.Contains("Opaque", await kubectl.Do("get", "secret", name, "--no-headers"));
        Assert.Equal($"secret/{name} edited", await kubectl.Edit($"secret/{name}", "s/c2VzYW1l/b3Blbg==/"));
        Assert.Equal("b3Blbg==", await kubectl.Field($"secret/{name}", ".data.word"));

        await kubectl.Do("delete", $"configmap/{name}", $"secret/{name}");
        Assert.Equal("", await kubectl.Do("get", $"configmap/{name}", $"secret/{name}", "--ignore-not-found"));
    }

    private Following Follow(string version, params string[] arguments) => Following.Start(
        fleet.Hub, [Kubectl.Locate(version)!, "--kubeconfig", fleet.Kubeconfig, .. arguments]);
}
