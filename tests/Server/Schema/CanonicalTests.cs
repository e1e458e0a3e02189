using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Tests.Server.Schema;

/// <summary>What the decoder lets through the records can read: other spellings are made one, or refused.</summary>
public sealed class CanonicalTests
{
    private static readonly ResourceSchema _node = Samples.Kind("", "Node");

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-01")]
    [InlineData("2026-01-01 10:00:00Z")]
    [InlineData("2026-01-01T10:00:00")]
    [InlineData("2026-13-01T10:00:00Z")]
    [InlineData("01/02/2026")]
    public void A_time_that_is_not_rfc3339_is_refused_with_its_place(string time)
    {
        var failure = Samples.Failure(Json(_node, Tainted($"\"{time}\"")));
        Assert.EndsWith($"spec.taints[0].timeAdded: parsing time \"{time}\" as \"2006-01-02T15:04:05Z07:00\": "
            + $"cannot parse \"{time}\" as \"2006\"", failure);
    }

    [Theory]
    [InlineData("null", null)]
    [InlineData("\"2026-01-01T10:00:00Z\"", "2026-01-01T10:00:00Z")]
    [InlineData("\"2026-01-01T10:00:00.123456789+02:00\"", "2026-01-01T08:00:00Z")]
    public void A_time_as_kubernetes_has_it_is_kept(string given, string? kept)
    {
        var node = Samples.Decoded(Json(_node, Tainted(given))).Object;
        Assert.Equal(kept, (string?)node["spec"]!["taints"]![0]!["timeAdded"]);
        Assert.Single(Read(Resources.Nodes, node).Spec!.Taints!);
    }

    [Theory]
    [InlineData("1.0", "1")]
    [InlineData("2e1", "20")]
    [InlineData("-0", "0")]
    [InlineData("7", "7")]
    public void A_whole_number_is_kept_as_an_integer(string given, string kept)
    {
        var body = """
            {"metadata":{"name":"p"},"spec":{"priority":NUMBER,"containers":[{"name":"c","image":"i",
            "livenessProbe":{"httpGet":{"port":NUMBER}}}]}}
            """.Replace("NUMBER", given, StringComparison.Ordinal);
        var pod = Samples.Decoded(Json(Samples.Pod, body)).Object;
        Assert.Equal(kept, pod["spec"]!["priority"]!.ToJsonString());
        Assert.Equal(kept, pod["spec"]!["containers"]![0]!["livenessProbe"]!["httpGet"]!["port"]!.ToJsonString());
        Assert.Equal(int.Parse(kept), Read(Resources.Pods, pod).Spec.Priority);
        Assert.IsType<DecodeResult.Decoded>(
            ObjectDecoder.FromYaml(Samples.Pod, Samples.Bytes(body), FieldValidation.Strict));
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("3000000000")]
    [InlineData("1e300")]
    public void Another_number_is_refused_where_an_integer_belongs(string given)
    {
        var body = """{"metadata":{"name":"p"},"spec":{"priority":NUMBER}}""";
        Assert.Contains("into Go struct field PodSpec.spec.priority of type int32",
            Samples.Failure(Json(Samples.Pod, body.Replace("NUMBER", given, StringComparison.Ordinal))));
        body = """{"spec":{"containers":[{"name":"c","livenessProbe":{"httpGet":{"port":NUMBER}}}]}}""";
        Assert.Contains("of type intstr.IntOrString",
            Samples.Failure(Json(Samples.Pod, body.Replace("NUMBER", given, StringComparison.Ordinal))));
    }

    [Fact]
    public void A_number_that_no_double_holds_is_refused() =>
        Assert.EndsWith("json parse error: a number is too large",
            Samples.Failure(Json(Samples.Pod, """{"spec":{"priority":1e400}}""")));

    [Fact]
    public void Bytes_with_line_breaks_are_kept_without_them()
    {
        var secret = Samples.Decoded(
            Json(Samples.Kind("", "Secret"), """{"metadata":{"name":"s"},"data":{"a":"QUJD\nREVG\n"}}""")).Object;
        Assert.Equal("QUJDREVG", (string?)secret["data"]!["a"]);
        Assert.Equal("ABCDEF"u8.ToArray(), Read(Resources.Secrets, secret).Data!["a"]);
    }

    private static DecodeResult Json(ResourceSchema schema, string body) =>
        ObjectDecoder.FromJson(schema, Samples.Bytes(body), FieldValidation.Strict);

    private static string Tainted(string time) => """
        {"metadata":{"name":"n"},"spec":{"taints":[{"key":"a","effect":"NoSchedule","timeAdded":TIME}]}}
        """.Replace("TIME", time, StringComparison.Ordinal);

    private static T Read<T>(ResourceKind<T> kind, System.Text.Json.Nodes.JsonObject tree) where T : class =>
        Objects.Read(kind, new StoredObject("/key", 1, ObjectBytes.Write(tree)));
}
