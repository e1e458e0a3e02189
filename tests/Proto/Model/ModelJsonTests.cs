using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Tests.Proto.Model;

public sealed class ModelJsonTests
{
    [Fact]
    public void A_pod_survives_a_round_trip()
    {
        const string json =
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","creationTimestamp":"2026-01-02T03:04:05Z"},
            "spec":{"containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],
            "livenessProbe":{"httpGet":{"path":"/","port":"web"}}}],"hostPID":true}}
            """;

        var pod = JsonSerializer.Deserialize(json, ModelJson.Default.Pod)!;

        Assert.Equal(80, pod.Spec.Containers[0].Ports![0].Number);
        Assert.Equal("web", pod.Spec.Containers[0].LivenessProbe!.HttpGet!.Port.Name);
        Assert.True(pod.Spec.HostPID);
        Assert.Equal(
            json.Replace("\n", "", StringComparison.Ordinal), JsonSerializer.Serialize(pod, ModelJson.Default.Pod));
    }

    [Fact]
    public void The_strict_context_names_a_field_that_no_record_knows()
    {
        var error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(
            """{"spec":{"containers":[],"warpFactor":9}}""", ModelJson.Strict.Pod));

        Assert.Contains("warpFactor", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lenient_context_ignores_a_field_that_no_record_knows() =>
        Assert.NotNull(JsonSerializer.Deserialize("""{"spec":{"warpFactor":9}}""", ModelJson.Default.Pod));

    [Fact]
    public void What_a_document_leaves_out_has_its_default_and_is_never_null()
    {
        var pod = JsonSerializer.Deserialize("{}", ModelJson.Default.Pod)!;

        Assert.Equal("Pod", pod.Kind);
        Assert.Empty(pod.Spec.Containers);
        Assert.Null(pod.Metadata.Name);
        Assert.Equal("cluster.local", JsonSerializer.Deserialize("{}", ModelJson.Default.NodeSettings)!.ClusterDomain);
    }

    [Fact]
    public void Lease_times_carry_microseconds()
    {
        var lease = new Lease { Spec = new LeaseSpec { RenewTime = DateTimeOffset.UnixEpoch.AddTicks(10) } };

        Assert.Contains(
            "\"renewTime\":\"1970-01-01T00:00:00.000001Z\"",
            JsonSerializer.Serialize(lease, WorkloadJson.Default.Lease),
            StringComparison.Ordinal);
    }
}
