using System.Text;
using System.Text.Json;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Environment;

public sealed class EnvironmentPlanTests
{
    private static readonly ObjectSource Objects = new(new Dictionary<string, byte[]>
    {
        ["configmaps/default/settings"] = Encoding.UTF8.GetBytes("""{"data":{"color":"red","size":"4","a=b":"x"}}"""),
        ["secrets/default/login"] = Encoding.UTF8.GetBytes("""{"data":{"user":"cm9vdA=="}}"""),
    });

    private static readonly NodeFacts Node = new("press-7", "192.0.2.1", 4000, 8L << 30, 1L << 30);

    [Fact]
    public void Plain_values_may_refer_to_others_and_values_from_elsewhere_may_not()
    {
        var env = Resolve("""
            {"env":[{"name":"A","value":"$(B)"},
                    {"name":"C","valueFrom":{"configMapKeyRef":{"name":"settings","key":"color"}}}]}
            """);
        Assert.Equal([new EnvEntry("A", "$(B)", Expand: true), new EnvEntry("C", "red", Expand: false)], env);
    }

    [Fact]
    public void Fields_of_the_pod_and_the_node_are_read()
    {
        Assert.Equal("p", Field("metadata.name"));
        Assert.Equal("default", Field("metadata.namespace"));
        Assert.Equal("u", Field("metadata.uid"));
        Assert.Equal("press-7", Field("spec.nodeName"));
        Assert.Equal("192.0.2.1", Field("status.hostIP"));
        Assert.Equal("10.64.0.5", Field("status.podIP"));
        Assert.Equal("web", Field("metadata.labels['app']"));
        Assert.Equal("", Field("metadata.labels['none']"));
        Assert.Contains("spec.warp", Missing(
            """{"env":[{"name":"V","valueFrom":{"fieldRef":{"fieldPath":"spec.warp"}}}]}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Resources_are_counted_in_the_divisor_and_rounded_up()
    {
        Assert.Equal("500", Resource("limits.cpu", "1m"));
        Assert.Equal("1", Resource("limits.cpu", "1"));
        Assert.Equal("64", Resource("limits.memory", "1Mi"));
        Assert.Equal("67108864", Resource("limits.memory", null));
        Assert.Equal("0", Resource("requests.memory", null));
    }

    [Fact]
    public void A_limit_that_is_not_set_is_the_nodes() =>
        Assert.Equal("4", Value(
            """{"env":[{"name":"V","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}"""));

    [Fact]
    public void EnvFrom_takes_every_usable_key_with_its_prefix_and_env_wins()
    {
        var env = Resolve("""
            {"envFrom":[{"prefix":"P_","configMapRef":{"name":"settings"}},{"secretRef":{"name":"login"}}],
             "env":[{"name":"P_size","value":"5"}]}
            """).ToDictionary(entry => entry.Name, entry => entry.Value);
        Assert.Equal(new Dictionary<string, string> { ["P_color"] = "red", ["user"] = "root", ["P_size"] = "5" }, env);
    }

    [Fact]
    public void What_is_optional_may_be_missing()
    {
        Assert.Empty(Resolve("""
            {"envFrom":[{"configMapRef":{"name":"none","optional":true}},
                        {"secretRef":{"name":"none","optional":true}}],
             "env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"none","key":"k","optional":true}}},
                    {"name":"B","valueFrom":{"configMapKeyRef":{"name":"settings","key":"k","optional":true}}}]}
            """));
    }

    [Theory]
    [InlineData("""{"envFrom":[{"configMapRef":{"name":"none"}}]}""", "configmap \"none\" not found")]
    [InlineData("""{"envFrom":[{"secretRef":{"name":"none"}}]}""", "secret \"none\" not found")]
    [InlineData(
        """{"env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"settings","key":"k"}}}]}""",
        "couldn't find key k in ConfigMap default/settings")]
    [InlineData(
        """{"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"login","key":"k"}}}]}""",
        "couldn't find key k in Secret default/login")]
    public void What_is_missing_is_named_as_Kubernetes_names_it(string container, string message) =>
        Assert.Equal(message, Missing(container));

    private static string Field(string path) => Value(
        """{"env":[{"name":"V","valueFrom":{"fieldRef":{"fieldPath":""" + "\"" + path + "\"}}}]}");

    private static string Resource(string resource, string? divisor)
    {
        var by = divisor is null ? "" : $",\"divisor\":\"{divisor}\"";
        return Value(
            """{"resources":{"limits":{"cpu":"500m","memory":"64Mi"}},"env":[{"name":"V","valueFrom":"""
                + $"{{\"resourceFieldRef\":{{\"resource\":\"{resource}\"{by}}}}}" + "}]}");
    }

    private static string Value(string container) => Assert.Single(Resolve(container)).Value;

    private static string Missing(string container) =>
        Assert.Throws<MissingReferenceException>(() => Resolve(container)).Message;

    private static IReadOnlyList<EnvEntry> Resolve(string container)
    {
        var pod = JsonSerializer.Deserialize(
            """
            {"metadata":{"uid":"u","name":"p","namespace":"default","labels":{"app":"web"}},"spec":{"containers":[
            """ + container + "]}}",
            ModelJson.Default.Pod)!;
        return Edge.Agent.Reconcile.Environment.EnvironmentPlan.For(
            pod, pod.Spec.Containers[0], Objects, Node, "10.64.0.5");
    }
}
