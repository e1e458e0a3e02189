using System.Text;
using Edge.Agent.Reconcile;

namespace Edge.Tests.Agent.Reconcile;

public sealed class PodSupportTests
{
    [Fact]
    public void A_pod_of_known_fields_is_accepted() =>
        Assert.Null(Refusal("""{"containers":[{"name":"c","image":"i","readinessProbe":{"tcpSocket":{"port":1}}}]}"""));

    [Fact]
    public void A_field_that_this_agent_does_not_know_is_refused_by_name() =>
        Assert.Contains(
            "warpFactor",
            Refusal("""{"containers":[{"name":"c","warpFactor":9}]}"""),
            StringComparison.Ordinal);

    [Fact]
    public void A_probe_that_this_agent_cannot_run_is_refused_and_not_taken_for_success() =>
        Assert.Contains(
            "gRPC probe of container \"c\"",
            Refusal("""{"containers":[{"name":"c","livenessProbe":{"grpc":{"port":1}}}]}"""),
            StringComparison.Ordinal);

    [Fact]
    public void A_volume_that_this_agent_cannot_mount_is_refused() =>
        Assert.Contains(
            "volume \"v\"",
            Refusal("""{"containers":[{"name":"c"}],"volumes":[{"name":"v","nfs":{"server":"s","path":"/"}}]}"""),
            StringComparison.Ordinal);

    private static string? Refusal(string spec) =>
        PodSupport.Read(Encoding.UTF8.GetBytes($$"""{"metadata":{"uid":"u"},"spec":{{spec}}}""")).Refusal;
}
