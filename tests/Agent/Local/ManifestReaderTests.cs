using System.Text.Json;
using Edge.Agent.Local;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Local;

/// <summary>What a person may write, and what is said of the rest.</summary>
public sealed class ManifestReaderTests
{
    private const string Web = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: "yes"}}
        spec:
          containers:
          - name: main
            image: registry/web:1
            command: [sh, -c, 'exit 0']
            ports: [{containerPort: 80, hostPort: 8080}]
            resources: {requests: {cpu: 100m, memory: 16Mi}}
            volumeMounts: [{name: settings, mountPath: /etc/settings}]
          volumes:
          - name: settings
            configMap: {name: settings, defaultMode: 0640}
        """;

    [Fact]
    public void Several_documents_of_several_kinds_are_read_with_Gos_scalars()
    {
        var file = ManifestReader.Read($"""
            {Web}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {"{"}name: settings, namespace: shop{"}"}
            data: {"{"}a: "1", b: "on"{"}"}
            ---
            # nothing but a comment
            ---
            apiVersion: v1
            kind: Secret
            metadata: {"{"}name: keys{"}"}
            stringData: {"{"}plain: text{"}"}
            """);

        Assert.Empty(file.Errors);
        Assert.Equal(["pod/web", "configmap/settings", "secret/keys"], file.Manifests.Select(one => one.Shown));
        Assert.Equal(["pods/default/web", "configmaps/shop/settings", "secrets/default/keys"],
            file.Manifests.Select(one => one.Key));
        var pod = file.Manifests[0].Pod!;
        Assert.Equal("yes", pod.Metadata.Labels!["app"]);
        Assert.Equal(Convert.ToInt32("640", 8), pod.Spec.Volumes![0].ConfigMap!.DefaultMode);
        Assert.Equal("""{"plain":"dGV4dA=="}""", file.Manifests[2].Tree["data"]!.ToJsonString());
        Assert.Null(file.Manifests[2].Tree["stringData"]);
    }

    [Fact]
    public void What_kubectl_prints_can_be_applied_without_what_only_a_server_decides()
    {
        var file = ManifestReader.Read("""
            {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod",
              "metadata": {"name": "web", "uid": "u", "resourceVersion": "7", "creationTimestamp": null},
              "spec": {"containers": [{"name": "main", "image": "a"}]}, "status": {"phase": "Running"}}]}
            """, "shop");

        Assert.Empty(file.Errors);
        var tree = Assert.Single(file.Manifests).Tree;
        Assert.Equal("""{"name":"web","namespace":"shop"}""", tree["metadata"]!.ToJsonString());
        Assert.Null(tree["status"]);
    }

    [Theory]
    [InlineData("image: a", "imag: a", "Pod \"web\" is invalid: spec.containers[0].imag: unknown field")]
    [InlineData("name: main, image: a", "name: main", "spec.containers[0].image: Required value")]
    [InlineData("name: main", "name: Main", "spec.containers[0].name: Invalid value: \"Main\"")]
    [InlineData("{name: main, image: a}", "{name: m, image: a}, {name: m, image: a}",
        "spec.containers[1].name: Duplicate value: \"m\"")]
    [InlineData("containers:", "restartPolicy: Sometimes, containers:",
        "spec.restartPolicy: Unsupported value: \"Sometimes\"")]
    [InlineData("image: a", "image: a, ports: [{containerPort: 70000}]",
        "spec.containers[0].ports[0]: Invalid value: must be between 1 and 65535, inclusive")]
    [InlineData("image: a", "image: a, ports: [{containerPort: eighty}]",
        "spec.containers[0].ports[0].containerPort: Invalid value")]
    [InlineData("image: a", "image: a, volumeMounts: [{name: gone, mountPath: /x}]",
        "spec.containers[0].volumeMounts[0].name: Not found: \"gone\"")]
    [InlineData("image: a", "image: a, resources: {requests: {memory: much}}", "spec.containers[0].resources")]
    [InlineData("containers:", "volumes: [{name: v, nfs: {server: a, path: /}}], containers:",
        "spec: Forbidden: this agent does not mount volume \"v\" of that type")]
    [InlineData("containers:", "runtimeClassName: kata, containers:",
        "spec.runtimeClassName: Forbidden: RuntimeClass \"kata\" not found")]
    [InlineData("containers:", "volumes: [{name: ../v, emptyDir: {}}], containers:", "spec.volumes[0].name: Invalid")]
    [InlineData("name: web", "name: ../web", "metadata.name: Invalid value: \"../web\"")]
    [InlineData("name: web", "name: \"web\\n\"", "metadata.name: Invalid value")]
    [InlineData("name: web", "generateName: web", "metadata.name: Required value")]
    [InlineData("name: web", "name: web, namespace: A", "metadata.namespace: Invalid value: \"A\"")]
    [InlineData("kind: Pod", "kind: Deployment", "no matches for kind \"Deployment\" in version \"v1\"")]
    [InlineData("apiVersion: v1", "apiVersion: v2", "no matches for kind \"Pod\" in version \"v2\"")]
    [InlineData("kind: Pod", "kind: Pod\nkind: Pod", "line 3: it is not YAML: key \"kind\" stands twice")]
    [InlineData("kind: Pod", "kind: &a Pod\nx: *a", "aliases are not taken")]
    [InlineData("spec:", "spec: [", "it is not YAML")]
    public void A_fault_is_told_with_its_field_and_nothing_is_taken(string old, string wrong, string error)
    {
        const string Right = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec: {containers: [{name: main, image: a}]}
            """;
        Assert.Empty(ManifestReader.Read(Right).Errors);

        var file = ManifestReader.Read(Right.Replace(old, wrong, StringComparison.Ordinal));

        Assert.Empty(file.Manifests);
        Assert.Contains(error, string.Join('\n', file.Errors));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a: b")]
    [InlineData("- 1")]
    [InlineData("{")]
    [InlineData("{\"a\": 1, \"a\": 2}")]
    [InlineData("\0")]
    [InlineData("--- !!int x\n...\n%")]
    public void What_is_no_manifest_is_refused_in_words(string text) =>
        Assert.NotEmpty(ManifestReader.Read(text).Errors);

    [Fact]
    public void Every_cut_of_a_manifest_is_read_or_refused()
    {
        for (var length = 0; length <= Web.Length; length++)
        {
            var file = ManifestReader.Read(Web[..length]);
            Assert.True(file.Errors.Count > 0 != file.Manifests.Count > 0);
        }
    }

    [Fact]
    public void Nesting_without_end_is_refused()
    {
        Assert.NotEmpty(ManifestReader.Read(new string('[', 100_000)).Errors);
        Assert.NotEmpty(ManifestReader.Read("{\"a\":" + new string('[', 100_000)).Errors);
    }

    [Fact]
    public void A_changed_file_is_another_pod_and_a_comment_or_an_order_changes_nothing()
    {
        Pod Of(string text, string path = "/m/web.yaml", string node = "shed") => JsonSerializer.Deserialize(
            LocalPods.OfFile(Assert.Single(ManifestReader.Read(text).Manifests), path, node).Value,
            ModelJson.Default.Pod)!;

        var pod = Of(Web);
        Assert.Equal("web-shed", pod.Metadata.Name);
        Assert.Equal("file", pod.Metadata.Annotations!["kubernetes.io/config.source"]);
        Assert.Equal("shed", pod.Spec.NodeName);
        Assert.Null(Fencing.Toleration(pod));
        Assert.Matches("^[0-9a-f]{32}$", pod.Metadata.Uid);
        Assert.Equal(pod.Metadata.Uid, Of("# a comment\n" + Web).Metadata.Uid);
        Assert.Equal(pod.Metadata.Uid, Of(Web.Replace("apiVersion: v1\nkind: Pod", "kind: Pod\napiVersion: v1"))
            .Metadata.Uid);
        Assert.NotEqual(pod.Metadata.Uid, Of(Web.Replace("web:1", "web:2")).Metadata.Uid);
        Assert.NotEqual(pod.Metadata.Uid, Of(Web, path: "/m/other.yaml").Metadata.Uid);
        Assert.NotEqual(pod.Metadata.Uid, Of(Web, node: "barn").Metadata.Uid);
    }
}
