using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

public sealed class ObjectVerbsTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    private static string Map(string name, string value = "1", string more = "") =>
        $$$"""{"metadata":{"name":"{{{name}}}"{{{more}}}},"data":{"a":"{{{value}}}"}}""";

    [Fact]
    public async Task A_created_object_carries_what_the_server_sets()
    {
        var response = await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("made")));
        var body = await ApiFixture.Body(response);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(("v1", "ConfigMap"), ((string?)body["apiVersion"], (string?)body["kind"]));
        Assert.Equal("default", (string?)body["metadata"]!["namespace"]);
        Assert.NotNull((string?)body["metadata"]!["uid"]);
        Assert.True(long.Parse((string)body["metadata"]!["resourceVersion"]!) > 0);
        var read = await ApiFixture.Body(await api.Admin.GetAsync(ConfigMaps + "/made"));
        Assert.True(JsonNode.DeepEquals(body, read));
    }

    [Fact]
    public async Task A_taken_name_is_refused_and_a_generated_one_is_new()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("taken")));
        var again = await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("taken")));
        await Is(again, HttpStatusCode.Conflict, "AlreadyExists", "configmaps \"taken\" already exists");

        const string generated = """{"metadata":{"generateName":"g-"}}""";
        var first = await ApiFixture.Body(await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(generated)));
        var second = await ApiFixture.Body(await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(generated)));
        Assert.NotEqual((string?)first["metadata"]!["name"], (string?)second["metadata"]!["name"]);
        Assert.Matches("^g-[a-z0-9]{5}$", (string?)first["metadata"]!["name"]);
    }

    [Fact]
    public async Task A_missing_namespace_and_a_missing_object_are_named()
    {
        var response = await api.Admin.PostAsync("/api/v1/namespaces/nowhere/configmaps", ApiFixture.Json(Map("x")));
        await Is(response, HttpStatusCode.NotFound, "NotFound", "namespaces \"nowhere\" not found");
        response = await api.Admin.GetAsync(ConfigMaps + "/nothing");
        await Is(response, HttpStatusCode.NotFound, "NotFound", "configmaps \"nothing\" not found");
        response = await api.Admin.GetAsync("/apis/none.io/v1/things");
        await Is(response, HttpStatusCode.NotFound, "NotFound", "the server could not find the requested resource");
    }

    [Fact]
    public async Task A_stale_revision_is_a_conflict_and_an_equal_object_is_not_written()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("put"))));
        var stale = made.DeepClone().AsObject();
        made["data"]!["a"] = "2";
        var changed = await ApiFixture.Body(
            await api.Admin.PutAsync(ConfigMaps + "/put", ApiFixture.Json(made.ToJsonString())));
        Assert.Equal("2", (string?)changed["data"]!["a"]);

        var conflict = await api.Admin.PutAsync(ConfigMaps + "/put", ApiFixture.Json(stale.ToJsonString()));
        await Is(conflict, HttpStatusCode.Conflict, "Conflict", "Operation cannot be fulfilled on configmaps \"put\": "
            + "the object has been modified; please apply your changes to the latest version and try again");

        var same = await ApiFixture.Body(
            await api.Admin.PutAsync(ConfigMaps + "/put", ApiFixture.Json(Map("put", "2"))));
        Assert.Equal((string?)changed["metadata"]!["resourceVersion"], (string?)same["metadata"]!["resourceVersion"]);
    }

    [Theory]
    [InlineData("application/merge-patch+json", """{"data":{"a":null,"b":"2"}}""")]
    [InlineData("application/strategic-merge-patch+json", """{"data":{"a":null,"b":"2"}}""")]
    [InlineData("application/json-patch+json",
        """[{"op":"remove","path":"/data/a"},{"op":"add","path":"/data/b","value":"2"}]""")]
    public async Task A_patch_of_each_kind_changes_the_object(string type, string patch)
    {
        var name = "patch-" + type.Length;
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map(name)));
        var body = await ApiFixture.Body(
            await api.Admin.PatchAsync($"{ConfigMaps}/{name}", ApiFixture.Json(patch, type)));
        Assert.Equal("""{"b":"2"}""", body["data"]!.ToJsonString());
    }

    [Fact]
    public async Task An_unknown_patch_type_names_those_that_are_known()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("typed")));
        var response = await api.Admin.PatchAsync(
            ConfigMaps + "/typed", ApiFixture.Json("{}", "application/json"));
        await Is(response, HttpStatusCode.UnsupportedMediaType, "UnsupportedMediaType", "the body of the request was "
            + "in an unknown format - accepted media types include: application/json-patch+json, "
            + "application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml");
    }

    [Fact]
    public async Task An_unknown_field_is_refused_warned_about_or_dropped_as_asked()
    {
        const string body = """{"metadata":{"name":"odd"},"dat":{}}""";
        var strict = await api.Admin.PostAsync(
            ConfigMaps + "?fieldValidation=Strict", ApiFixture.Json(body));
        await Is(strict, HttpStatusCode.BadRequest, "BadRequest", "ConfigMap in version \"v1\" cannot be handled as a "
            + "ConfigMap: strict decoding error: unknown field \"dat\"");
        var warned = await api.Admin.PostAsync(ConfigMaps + "?dryRun=All", ApiFixture.Json(body));
        Assert.Equal("299 - \"unknown field \\\"dat\\\"\"", warned.Headers.GetValues("Warning").Single());
        var ignored = await api.Admin.PostAsync(
            ConfigMaps + "?fieldValidation=Ignore&dryRun=All", ApiFixture.Json(body));
        Assert.False(ignored.Headers.Contains("Warning"));
    }

    [Fact]
    public async Task A_dry_run_stores_nothing()
    {
        var response = await api.Admin.PostAsync(ConfigMaps + "?dryRun=All", ApiFixture.Json(Map("dry")));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync(ConfigMaps + "/dry")).StatusCode);
    }

    [Fact]
    public async Task A_body_and_an_object_have_their_limits()
    {
        var pod = $$$"""
            {"metadata":{"name":"big"},"spec":{"containers":[{"name":"c","image":"i",
            "args":["{{{new string('x', 1600 * 1024)}}}"]}]}}
            """;
        var response = await api.Admin.PostAsync("/api/v1/namespaces/default/pods", ApiFixture.Json(pod));
        await Is(response, HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge",
            "Request entity too large: limit is 1572864");
        response = await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("big", new string('x', 3200 * 1024))));
        await Is(response, HttpStatusCode.RequestEntityTooLarge, "RequestEntityTooLarge",
            "Request entity too large: limit is 3145728");
    }

    [Fact]
    public async Task A_finalizer_holds_an_object_until_it_is_taken_away()
    {
        await api.Admin.PostAsync(
            ConfigMaps, ApiFixture.Json(Map("held", more: ",\"finalizers\":[\"ex.io/hold\"]")));
        var marked = await ApiFixture.Body(await api.Admin.DeleteAsync(ConfigMaps + "/held"));
        Assert.NotNull((string?)marked["metadata"]!["deletionTimestamp"]);
        Assert.Equal(HttpStatusCode.OK, (await api.Admin.GetAsync(ConfigMaps + "/held")).StatusCode);

        await api.Admin.PatchAsync(ConfigMaps + "/held", ApiFixture.Json(
            """{"metadata":{"finalizers":null}}""", "application/merge-patch+json"));
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync(ConfigMaps + "/held")).StatusCode);
    }

    [Fact]
    public async Task A_delete_of_another_uid_is_a_conflict()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json(Map("uid")));
        using var request = new HttpRequestMessage(HttpMethod.Delete, ConfigMaps + "/uid")
        {
            Content = ApiFixture.Json("""{"preconditions":{"uid":"other"}}"""),
        };
        Assert.Equal(HttpStatusCode.Conflict, (await api.Admin.SendAsync(request)).StatusCode);
        var gone = await ApiFixture.Body(await api.Admin.DeleteAsync(ConfigMaps + "/uid"));
        Assert.Equal(("Status", "Success"), ((string?)gone["kind"], (string?)gone["status"]));
    }

    [Fact]
    public async Task A_namespace_being_deleted_takes_nothing_new_and_goes_when_finalized()
    {
        await api.Admin.PostAsync("/api/v1/namespaces", ApiFixture.Json("""{"metadata":{"name":"leaving"}}"""));
        var marked = await ApiFixture.Body(await api.Admin.DeleteAsync("/api/v1/namespaces/leaving"));
        Assert.Equal("Terminating", (string?)marked["status"]!["phase"]);
        var refused = await api.Admin.PostAsync("/api/v1/namespaces/leaving/configmaps", ApiFixture.Json(Map("x")));
        await Is(refused, HttpStatusCode.Forbidden, "Forbidden", "configmaps \"x\" is forbidden: unable to create new "
            + "content in namespace leaving because it is being terminated");

        marked["spec"]!["finalizers"] = new JsonArray();
        await api.Admin.PutAsync("/api/v1/namespaces/leaving/finalize", ApiFixture.Json(marked.ToJsonString()));
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync("/api/v1/namespaces/leaving")).StatusCode);
    }

    private static async Task Is(HttpResponseMessage response, HttpStatusCode code, string reason, string message)
    {
        var body = await ApiFixture.Body(response);
        Assert.Equal((code, reason, message),
            (response.StatusCode, (string?)body["reason"], (string?)body["message"]));
    }
}
