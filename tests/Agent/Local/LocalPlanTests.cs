using System.Collections.Immutable;
using System.Text;
using Edge.Agent.Ledger;
using Edge.Agent.Local;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Local;

/// <summary>What a person on site may change, and that the server's word wins.</summary>
public sealed class LocalPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_new_pod_is_created_an_equal_one_is_unchanged_and_another_image_is_configured()
    {
        var plan = Apply(Pod("web", "a:1"), View());
        Assert.Equal(["pod/web created"], plan.Lines);
        Assert.Equal(["applied pod default/web"], plan.Acts);
        var node = After(plan, View());
        var pod = Assert.Single(NodePods.Of(node.Local, PodSource.Local));
        Assert.Equal(("uid-0", "local"),
            (pod.Uid, pod.Pod.Metadata.Annotations!["kubernetes.io/config.source"]));

        var again = Apply(Pod("web", "a:1"), node with { Now = Now.AddHours(1) });
        Assert.Equal(["pod/web unchanged"], again.Lines);
        Assert.Empty(again.Acts);

        var next = Apply(Pod("web", "a:2"), node with { Now = Now.AddHours(1) });
        Assert.Equal(["pod/web configured"], next.Lines);
        Assert.Equal("pods/uid-0", Assert.Single(next.Upserts).Key);
    }

    [Fact]
    public void A_pod_cannot_become_another_one()
    {
        var node = After(Apply(Pod("web", "a:1"), View()), View());
        var plan = Apply(Pod("web", "a:1", hostPort: 80), node);
        Assert.Contains("spec: Forbidden: pod updates may not change fields other than", Assert.Single(plan.Errors));
        Assert.Empty(plan.Upserts);
    }

    [Fact]
    public void The_servers_pods_and_static_ones_are_not_changed_by_apply()
    {
        var node = View() with { Desired = Server("web"), Static = Static("lamp") };
        Assert.Equal(["pods \"web\" is the server's: change it there, or choose another name"],
            Apply(Pod("web", "a"), node).Errors);
        Assert.Equal(["pods \"lamp-shed\" comes from a file of this node: change the file"],
            Apply(Pod("lamp-shed", "a"), node).Errors);
    }

    [Fact]
    public void One_fault_among_several_manifests_changes_nothing()
    {
        var plan = LocalPlan.Apply(
            [.. Read(Pod("other", "a")), .. Read(Pod("web", "a"))], View() with { Desired = Server("web") }, Uid);
        Assert.Single(plan.Errors);
        Assert.Empty(plan.Upserts);
        Assert.Empty(plan.Lines);
    }

    [Fact]
    public void A_node_keeps_no_more_than_its_bound()
    {
        var node = View();
        for (var i = 0; i < 256; i++)
        {
            node = node with { Local = node.Local.Add($"configmaps/default/m-{i}", "{}"u8.ToArray()) };
        }

        Assert.Contains("at most 256 objects", Assert.Single(Apply(Pod("web", "a"), node).Errors));
        Assert.Empty(LocalPlan.Delete([new("configmap", "default", "m-7")], node).Errors);
    }

    [Fact]
    public void Who_deletes_a_local_pod_ends_it_and_who_deletes_a_static_one_is_sent_to_its_file()
    {
        var node = After(Apply(Pod("web", "a"), View() with { Static = Static("lamp") }), View()) with
        {
            Static = Static("lamp"),
        };
        var plan = LocalPlan.Delete([new("pod", "default", "web")], node);
        Assert.Equal(["pods/uid-0"], plan.Removals);
        Assert.Equal(["pod \"web\" deleted"], plan.Lines);
        Assert.Equal(["pod default/lamp-shed comes from a file of this node: remove the file"],
            LocalPlan.Delete([new("pod", "default", "lamp-shed")], node).Errors);
        Assert.Equal(["pods \"nobody\" not found"], LocalPlan.Delete([new("pod", "default", "nobody")], node).Errors);
        Assert.Equal(["secret \"nobody\" not found"],
            LocalPlan.Delete([new("secret", "default", "nobody")], node).Errors);
    }

    [Fact]
    public void The_servers_pod_is_stopped_only_while_the_server_is_away_and_the_pod_is_not_over()
    {
        var node = View() with { Desired = Server("web") };
        SiteTarget[] web = [new("pod", "default", "web")];

        var plan = LocalPlan.Delete(web, node);
        Assert.Equal("held/server-web", Assert.Single(plan.Upserts).Key);
        Assert.Equal(["pod \"web\" stopped until the server's next word"], plan.Lines);
        Assert.Equal(["pod default/web is the server's, and the server is there: delete it there"],
            LocalPlan.Delete(web, node with { IsConnected = true }).Errors);
        Assert.Equal(["pod default/web is the server's and has ended: there is nothing to stop"],
            LocalPlan.Delete(web, node with { HasEnded = _ => true }).Errors);
    }

    [Fact]
    public void Of_two_pods_with_one_name_or_port_the_servers_runs_then_the_static_one_then_the_local_one()
    {
        var local = Local("web", 80).AddRange(Local("free", 81)).AddRange(Local("late", 82));
        var wanted = WantedPlan.For(Server("web"), local, Static("lamp", 82));

        Assert.Equal(["pods/local-free", "pods/server-web", "pods/static-lamp"], wanted.Entries.Keys.Order());
        Assert.Equal(
            [
                new GivenWay("pods/local-late", "default/late",
                    "this node's own pod default/lamp-shed takes host port TCP/82"),
                new GivenWay("pods/local-web", "default/web", "the server's pod of the same name is here"),
            ],
            wanted.GivenWay.ToArray());
        wanted = WantedPlan.For(Server("web", 81), local, Static("lamp", 82));
        Assert.DoesNotContain("pods/local-free", wanted.Entries.Keys);
        Assert.Contains("pods/local-web", WantedPlan.For(Server("other"), local, Static("lamp")).Entries.Keys);
    }

    [Fact]
    public void A_pod_on_the_nodes_network_takes_its_ports_there()
    {
        var pod = new Pod
        {
            Spec = new PodSpec
            {
                HostNetwork = true,
                Containers = [new Container { Ports = [new ContainerPort { Number = 53, Protocol = "UDP" }] }],
            },
        };
        Assert.Equal(["UDP/53"], WantedPlan.HostPorts(pod));
    }

    [Fact]
    public void Objects_of_the_server_go_before_those_of_a_person_and_without_either_nothing_is_made()
    {
        var desired = Entries("configmaps/default/a", "{}").Add("pods/torn", "{"u8.ToArray());
        Assert.Same(desired, WantedPlan.For(
            desired, ImmutableDictionary<string, byte[]>.Empty, ImmutableDictionary<string, byte[]>.Empty).Entries);

        var local = Entries("configmaps/default/a", "{\"mine\":1}").Add("secrets/default/b", "{}"u8.ToArray())
            .Add("held/x", "held"u8.ToArray()).Add("acts", "1\nx"u8.ToArray());
        var wanted = WantedPlan.For(desired, local, ImmutableDictionary<string, byte[]>.Empty);
        Assert.Equal(["configmaps/default/a", "pods/torn", "secrets/default/b"], wanted.Entries.Keys.Order());
        Assert.Equal("{}", Encoding.UTF8.GetString(wanted.Entries["configmaps/default/a"]));
        Assert.Equal("configmaps/default/a", Assert.Single(wanted.GivenWay).Key);
    }

    [Fact]
    public void The_condition_names_all_that_is_not_the_servers_word_and_what_was_done_last()
    {
        var nothing = LocalChangesPlan.For(View() with { Desired = Server("web") }, []);
        Assert.Null(nothing.Message);

        var acts = new SiteActs(0, []).With(["applied pod default/late", "stopped the server's pod default/web"], Now);
        var node = View() with
        {
            Desired = Server("web"),
            Static = Static("lamp", 82),
            Local = Local("late", 82).AddRange(Local("sun", 83)).Add("held/server-web", [1])
                .Add(SiteActs.Key, acts.Bytes()),
        };
        var changes = LocalChangesPlan.For(node, WantedPlan.For(node.Desired, node.Local, node.Static).GivenWay);
        Assert.True(changes.Differs);
        Assert.Equal(
            "local: default/late, default/sun; static: default/lamp-shed; "
            + "stopped until the server's next word: default/web; "
            + "held back: default/late (this node's own pod default/lamp-shed takes host port TCP/82); "
            + "last on site: 2026-01-01T00:00:00Z applied pod default/late, "
            + "2026-01-01T00:00:00Z stopped the server's pod default/web",
            changes.Message);
        Assert.Equal((2, 200, 2 * 16L * 1024 * 1024), (changes.Pods, changes.CpuMillis, changes.MemoryBytes));
    }

    [Fact]
    public void Only_the_last_acts_are_kept_with_the_number_of_those_before()
    {
        var acts = new SiteActs(0, []);
        for (var i = 1; i <= 10; i++)
        {
            acts = SiteActs.Read(acts.With([$"act {i}"], Now).Bytes());
        }

        Assert.StartsWith("2026-01-01T00:00:00Z act 3, ", acts.ToString());
        Assert.EndsWith("act 10 (2 earlier)", acts.ToString());
        Assert.Equal(0, SiteActs.Read("torn"u8.ToArray()).Ever);
        var node = View() with { Local = Entries(SiteActs.Key, Encoding.UTF8.GetString(acts.Bytes())) };
        Assert.False(LocalChangesPlan.For(node, []).Differs);
    }

    private static SiteView View() => new() { NodeName = "shed", Now = Now };

    private static string Uid(int at) => $"uid-{at}";

    private static LocalPlan Apply(string manifest, SiteView node) => LocalPlan.Apply(Read(manifest), node, Uid);

    private static SiteView After(LocalPlan plan, SiteView node) =>
        node with { Local = node.Local.SetItems(plan.Upserts).RemoveRange(plan.Removals) };

    private static IReadOnlyList<Manifest> Read(string text)
    {
        var file = ManifestReader.Read(text);
        Assert.Empty(file.Errors);
        return file.Manifests;
    }

    private static string Pod(string name, string image, int? hostPort = null) => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: {name}
        spec:
          containers:
          - name: main
            image: {image}
            resources:
              requests:
                cpu: 100m
                memory: 16Mi
            ports:
            - containerPort: 80
              hostPort: {hostPort ?? 0}
        """;

    private static ImmutableDictionary<string, byte[]> Server(string name, int? port = null) =>
        Entry($"server-{name}", name, port);

    private static ImmutableDictionary<string, byte[]> Static(string name, int? port = null) =>
        Entry($"static-{name}", $"{name}-shed", port);

    private static ImmutableDictionary<string, byte[]> Local(string name, int port) =>
        Entry($"local-{name}", name, port);

    private static ImmutableDictionary<string, byte[]> Entry(string uid, string name, int? port) =>
        Entries($"pods/{uid}", Encoding.UTF8.GetString(
            LocalPods.Applied(Read(Pod(name, "a", port))[0], uid, "shed", Now).Value));

    private static ImmutableDictionary<string, byte[]> Entries(string key, string value) =>
        ImmutableDictionary<string, byte[]>.Empty.Add(key, Encoding.UTF8.GetBytes(value));
}
