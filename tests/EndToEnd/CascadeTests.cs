using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>What becomes of dependents when the real kubectl deletes their owner.</summary>
[Collection(FleetTests.Name)]
public sealed class CascadeTests(Fleet fleet)
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task The_cascade_that_is_asked_for_is_the_cascade_that_happens(string version)
    {
        var kubectl = fleet.Use(version);
        var prefix = $"cascade-{version.Replace('.', '-')}";

        var orphan = await Family(kubectl, $"{prefix}-orphan");
        await kubectl.Do("delete", "configmap", orphan, "--cascade=orphan", "--timeout=60s");
        Assert.Equal("", await kubectl.Field($"configmap/{orphan}-child", ".metadata.ownerReferences"));

        var background = await Family(kubectl, $"{prefix}-background");
        await kubectl.Do("delete", "configmap", background, "--timeout=60s");
        await kubectl.Do("wait", "--for=delete", $"configmap/{background}-child", "--timeout=60s");

        // kubectl returns when the owner is gone, which goes last.
        var foreground = await Family(kubectl, $"{prefix}-foreground");
        await kubectl.Do("delete", "configmap", foreground, "--cascade=foreground", "--timeout=60s");
        Assert.Equal("", await kubectl.Do("get", "configmap", $"{foreground}-child", "--ignore-not-found"));

        await kubectl.Do("delete", "configmap", $"{orphan}-child");
    }

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task An_owner_deleted_in_the_foreground_waits_for_what_blocks_it(string version)
    {
        var kubectl = fleet.Use(version);
        var owner = await Family(kubectl, $"waits-{version.Replace('.', '-')}", "finalizers: [ex.io/hold]");
        await kubectl.Do("delete", "configmap", owner, "--cascade=foreground", "--wait=false");
        await kubectl.Until(
            $"configmap/{owner}-child", ".metadata.deletionGracePeriodSeconds", "0", _deadline);
        Assert.Equal(
            """["foregroundDeletion"]""", await kubectl.Field($"configmap/{owner}", ".metadata.finalizers"));

        await kubectl.Do("patch", "configmap", $"{owner}-child", "--type=merge", "-p",
            """{"metadata":{"finalizers":null}}""");
        await kubectl.Do("wait", "--for=delete", $"configmap/{owner}", "--timeout=60s");
    }

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task A_namespace_says_what_it_still_waits_for(string version)
    {
        var kubectl = fleet.Use(version);
        var ns = $"leaving-{version.Replace('.', '-')}";
        await kubectl.Do("create", "namespace", ns);
        await kubectl.DoWith(Map("held", "finalizers: [ex.io/hold]"), "create", "-n", ns, "-f", "-");
        await kubectl.Do("delete", "namespace", ns, "--wait=false");
        await kubectl.Until(
            $"namespace/{ns}", ".status.conditions[?(@.type=='NamespaceFinalizersRemaining')].message",
            "Some content in the namespace has finalizers remaining: ex.io/hold in 1 resource instances", _deadline);

        await kubectl.Do("patch", "configmap", "held", "-n", ns, "--type=merge", "-p",
            """{"metadata":{"finalizers":null}}""");
        await kubectl.Do("wait", "--for=delete", $"namespace/{ns}", "--timeout=60s");
    }

    /// <summary>An owner and a child that blocks it; returns the owner's name.</summary>
    private static async Task<string> Family(Kubectl kubectl, string name, string childMore = "")
    {
        await kubectl.DoWith(Map(name, ""), "create", "-f", "-");
        var uid = await kubectl.Field($"configmap/{name}", ".metadata.uid");
        var owner = $"{{apiVersion: v1, kind: ConfigMap, name: {name}, uid: {uid}, blockOwnerDeletion: true}}";
        await kubectl.DoWith(
            Map($"{name}-child", $"{childMore}\n  ownerReferences: [{owner}]"), "create", "-f", "-");
        return name;
    }

    private static string Map(string name, string more) =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  {more}\n";
}
