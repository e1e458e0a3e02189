using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>
/// Patches that do not fit. kubectl prints the message of a 422 only where neither kind nor name stands beside it, and
/// its causes only where there are some.
/// </summary>
public sealed class PatchTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    private const string Unreadable = "json: cannot unmarshal string into Go struct "
        + "field DeploymentSpec.spec.replicas of type int32";

    [Theory]
    [InlineData("""[{"op":"test","path":"/spec/replicas","value":9}]""")]
    [InlineData("""[{"op":"remove","path":"/spec/nowhere"}]""")]
    public async Task An_operation_that_does_not_fit_is_refused_with_the_reason(string patch)
    {
        var status = await Refused("fits", patch, "json");

        Assert.StartsWith(
            "the server rejected our request due to an error in our request: ", (string?)status["message"]);
        Assert.Equal("{}", status["details"]!.ToJsonString());
    }

    [Theory]
    [InlineData("merge", """{"spec":{"replicas":"x"}}""")]
    [InlineData("strategic-merge", """{"spec":{"replicas":"x"}}""")]
    [InlineData("json", """[{"op":"replace","path":"/spec/replicas","value":"x"}]""")]
    public async Task What_cannot_be_read_after_a_patch_is_refused_as_a_fault_of_the_patch(string type, string patch)
    {
        var status = await Refused($"reads-{type}", patch, type);

        Assert.Equal(
            $" \"\" is invalid: patch: Invalid value: \"{patch}\": {Unreadable}", (string?)status["message"]);
        var cause = Assert.Single(status["details"]!["causes"]!.AsArray())!;
        Assert.Equal(("FieldValueInvalid", "patch"), ((string?)cause["reason"], (string?)cause["field"]));
        Assert.False(status["details"]!.AsObject().ContainsKey("kind"));
    }

    [Fact]
    public async Task A_long_patch_is_shown_in_part()
    {
        var patch = "{\"spec\":{\"replicas\":\"" + new string('x', 5000) + "\"}}";
        var status = await Refused("long", patch, "merge");

        Assert.InRange(((string?)status["message"])!.Length, 1024, 1500);
        Assert.EndsWith($"x...\": {Unreadable}", (string?)status["message"]);
    }

    private async Task<JsonObject> Refused(string name, string patch, string type)
    {
        var manifest = $$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: {{name}} }
            spec:
              replicas: 0
              selector: { matchLabels: { a: b } }
              template:
                metadata: { labels: { a: b } }
                spec: { containers: [{ name: c, image: i }] }
            """;
        await api.Admin.PostAsync(Deployments, ApiFixture.Json(manifest, "application/yaml"));
        var answer = await api.Admin.PatchAsync(
            $"{Deployments}/{name}", ApiFixture.Json(patch, $"application/{type}-patch+json"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        return await ApiFixture.Body(answer);
    }
}
