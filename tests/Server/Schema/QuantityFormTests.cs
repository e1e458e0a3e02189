using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

public sealed class QuantityFormTests
{
    [Theory]
    [InlineData("0.5", "500m")]
    [InlineData("1000m", "1")]
    [InlineData("1500m", "1500m")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("0.1Gi", "107374182400m")]
    [InlineData("512Ki", "512Ki")]
    [InlineData("1024Ki", "1Mi")]
    [InlineData("0.5Ki", "512")]
    [InlineData("1024", "1024")]
    [InlineData("1000", "1k")]
    [InlineData("2e3", "2e3")]
    [InlineData("1.5e3", "1500")]
    [InlineData("1E3", "1e3")]
    [InlineData("2E", "2E")]
    [InlineData("-0.25", "-250m")]
    [InlineData("0Gi", "0")]
    [InlineData("0.0000000001", "1n")]
    [InlineData("+3", "3")]
    public void An_amount_is_kept_as_Kubernetes_writes_it(string written, string kept)
    {
        Assert.Equal(kept, Kept(written));
        Assert.Equal(kept, Kept(kept));
    }

    [Theory]
    [InlineData("2026-01-01T11:00:00+01:00", "2026-01-01T10:00:00Z")]
    [InlineData("2026-01-01T10:00:00.75Z", "2026-01-01T10:00:00Z")]
    public void A_time_is_kept_in_UTC(string written, string kept)
    {
        var body = $$$"""{"metadata":{"name":"p"},"spec":{},"status":{"startTime":"{{{written}}}"}}""";
        var pod = Samples.Decoded(ObjectDecoder.FromJson(Samples.Pod, Samples.Bytes(body), FieldValidation.Strict));
        Assert.Equal(kept, pod.Object.Object("status").Text("startTime"));
    }

    private static string Kept(string amount)
    {
        var body = $$$$"""{"spec":{"overhead":{"cpu":"{{{{amount}}}}"}}}""";
        return Samples.Decoded(ObjectDecoder.FromJson(Samples.Pod, Samples.Bytes(body), FieldValidation.Ignore))
            .Object.Object("spec").Object("overhead")?["cpu"]?.ToString() ?? "";
    }
}
