using System.Text;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

public sealed class ProtobufBodyTests
{
    /// <summary>Bodies that kubectl 1.33 sent for its create commands.</summary>
    [Theory]
    [InlineData(
        "ConfigMap", "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiUKFAoDY20xEgAaAXgiACoAMgA4AEIAEgYKAWESAWISBQoBYxIAGgAiAA==",
        """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm1","namespace":"x"},"data":{"a":"b","c":""}}""")]
    [InlineData(
        "Secret", "azhzAAoMCgJ2MRIGU2VjcmV0Eh4KEgoCczESABoAIgAqADIAOABCABIGCgFrEgF2GgAaACIA",
        """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s1"},"data":{"k":"dg=="}}""")]
    [InlineData(
        "ServiceAccount", "azhzAAoUCgJ2MRIOU2VydmljZUFjY291bnQSFQoTCgNzYTESABoAIgAqADIAOABCABoAIgA=",
        """{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"sa1"}}""")]
    [InlineData(
        "Namespace", "azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhoKEgoCbjESABoAIgAqADIAOABCABIAGgIKABoAIgA=",
        """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n1"}}""")]
    public void A_body_of_kubectl_reads_as_its_manifest(string kind, string body, string expected)
    {
        var decoded = Samples.Decoded(
            ObjectDecoder.FromProtobuf(Samples.Kind("", kind), Convert.FromBase64String(body)));

        Samples.Same(expected, decoded.Object);
        Assert.Empty(decoded.Warnings);
    }

    [Fact]
    public void Inline_parts_times_quantities_ports_and_kept_zeroes_read_as_json_has_them()
    {
        var port = Join(Varint(1, 0), Varint(2, 8080));
        var named = Join(Varint(1, 1), Text(3, "http"));
        var container = Join(
            Text(1, "c"),
            Bytes(8, Bytes(1, Join(Text(1, "cpu"), Bytes(2, Text(1, "100m"))))),
            Bytes(10, Join(Bytes(1, Bytes(2, Bytes(2, port))), Varint(2, 0), Varint(4, 7))),
            Bytes(11, Bytes(1, Bytes(3, Bytes(1, named)))),
            Bytes(15, Varint(4, 0)),
            Varint(16, 0));
        var volume = Join(Text(1, "v"), Bytes(2, Bytes(19, Join(Bytes(1, Text(1, "cfg")), Varint(4, 0)))));
        var spec = Join(Bytes(1, volume), Bytes(2, container), Varint(4, 0), Varint(11, 0));
        var meta = Join(Text(1, "p"), Bytes(8, Varint(1, 1_767_225_600)));
        var body = Body("Pod", Join(Bytes(1, meta), Bytes(2, spec)));

        var pod = Samples.Decoded(ObjectDecoder.FromProtobuf(Samples.Pod, body)).Object;

        Samples.Same("""
            {"apiVersion":"v1","kind":"Pod",
             "metadata":{"name":"p","creationTimestamp":"2026-01-01T00:00:00Z"},
             "spec":{
              "volumes":[{"name":"v","configMap":{"name":"cfg","optional":false}}],
              "containers":[{"name":"c","resources":{"limits":{"cpu":"100m"}},
                "livenessProbe":{"httpGet":{"port":8080},"periodSeconds":7},
                "readinessProbe":{"tcpSocket":{"port":"http"}},
                "securityContext":{"runAsUser":0}}],
              "terminationGracePeriodSeconds":0}}
            """, pod);
    }

    [Theory]
    [InlineData("")]
    [InlineData("azhzAA0=")]
    [InlineData("azhzABL/////Dw==")]
    [InlineData("eyJraW5kIjoiUG9kIn0=")]
    public void A_body_that_is_none_is_refused(string body)
    {
        var result = ObjectDecoder.FromProtobuf(Samples.Pod, Convert.FromBase64String(body));

        Assert.Contains("protobuf", Samples.Failure(result), StringComparison.Ordinal);
    }

    private static byte[] Body(string kind, byte[] raw) => Join(
        "k8s\0"u8.ToArray(), Bytes(1, Join(Text(1, "v1"), Text(2, kind))), Bytes(2, raw), Text(3, ""), Text(4, ""));

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static byte[] Text(int number, string text) => Bytes(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int number, byte[] content) =>
        [.. Number((ulong)((number << 3) | 2)), .. Number((ulong)content.Length), .. content];

    private static byte[] Varint(int number, long value) => [.. Number((ulong)(number << 3)), .. Number((ulong)value)];

    private static IEnumerable<byte> Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
