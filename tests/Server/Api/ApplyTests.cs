using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>Server-side apply over HTTP; what becomes of fields is said by the cases of tests/Cases/apply.</summary>
public sealed class ApplyTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private const string Type = "application/apply-patch+yaml";

    private static string Map(string name, string data, string more = "") =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\ndata: {{{data}}}\n";

    [Fact]
    public async Task Applying_what_is_not_there_makes_it()
    {
        var response = await Apply("made", Map("made", "a: '1'"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var body = await ApiFixture.Body(response);
        Assert.NotNull((string?)body["metadata"]!["uid"]);
        Assert.Equal("me Apply v1 FieldsV1", Owners(body, "manager", "operation", "apiVersion", "fieldsType"));
        Assert.Equal("""{"f:data":{"f:a":{}}}""", Fields(body, 0));

        var again = await Apply("made", Map("made", "a: '1'"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.True(JsonNode.DeepEquals(body, await ApiFixture.Body(again)));
    }

    [Fact]
    public async Task A_json_body_may_leave_out_its_name()
    {
        var response = await Apply("json", """{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1"}}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("json", (string?)(await ApiFixture.Body(response))["metadata"]!["name"]);
    }

    [Fact]
    public async Task A_conflict_names_owner_and_fields()
    {
        await Apply("conflict", Map("conflict", "a: '1', b: '1'"));
        var response = await Apply("conflict", Map("conflict", "a: '2'"), "you");
        var status = await ApiFixture.Body(response);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("Conflict", (string?)status["reason"]);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"me\": .data.a", (string?)status["message"]);
        Assert.Equal("FieldManagerConflict conflict with \"me\" .data.a", string.Join(' ',
            status["details"]!["causes"]!.AsArray().Single()!.AsObject().Select(pair => (string?)pair.Value)));

        var forced = await ApiFixture.Body(await Apply("conflict", Map("conflict", "a: '2'"), "you&force=true"));
        Assert.Equal("""{"a":"2","b":"1"}""", forced["data"]!.ToJsonString());
        Assert.Equal("me | you", Owners(forced, "manager"));
    }

    [Fact]
    public async Task Who_applies_must_say_so()
    {
        var nobody = await api.Admin.PatchAsync($"{ConfigMaps}/x", ApiFixture.Json(Map("x", "a: '1'"), Type));
        await Is(nobody, HttpStatusCode.UnprocessableEntity,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        var tooLong = await Apply("x", Map("x", "a: '1'"), new string('x', 129));
        await Is(tooLong, HttpStatusCode.UnprocessableEntity,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes");
        var forced = await api.Admin.PatchAsync($"{ConfigMaps}/x?force=true",
            ApiFixture.Json("{}", "application/merge-patch+json"));
        await Is(forced, HttpStatusCode.UnprocessableEntity, "PatchOptions.meta.k8s.io \"\" is invalid: force: "
            + "Forbidden: may not be specified for non-apply patch");
    }

    [Fact]
    public async Task What_cannot_be_applied_is_refused()
    {
        await Is(await Apply("x", Map("other", "a: '1'")), HttpStatusCode.BadRequest,
            "the name of the object (other) does not match the name on the URL (x)");
        await Is(await Apply("x", Map("x", "a: '1'", ", managedFields: [{manager: z}]")), HttpStatusCode.BadRequest,
            "metadata.managedFields must be nil");
        await Is(await Apply("x", Map("x", "a: '1'", ", colour: red")), HttpStatusCode.BadRequest,
            "failed to create typed patch object (/x; /v1, Kind=ConfigMap): .metadata.colour: "
            + "field not declared in schema");
        await Is(await Apply("x", Map("x", "a: '1'").Replace("v1", "v2")), HttpStatusCode.BadRequest,
            "the API version in the data (v2) does not match the expected API version (v1)");
        await Is(await Apply("x", Map("x", "a: '1', a: '2'"), "me&fieldValidation=Strict"), HttpStatusCode.BadRequest,
            "error strict decoding YAML: duplicate field \"data.a\"");
        await Is(await Apply("x", Map("x", "a: '1'", ", uid: u1")), HttpStatusCode.Conflict,
            "Operation cannot be fulfilled on configmaps \"x\": uid mismatch: the provided object specified uid u1, "
            + "and no existing object was found");
        await Is(await Apply("x", "metadata: {generateName: x-}"), HttpStatusCode.UnprocessableEntity,
            "ConfigMap \"x\" is invalid: metadata.name: Required value: a generated name cannot be applied");
        await Is(await Apply("x", "metadata: ["), HttpStatusCode.BadRequest, null);
        await Is(await Apply("x", "[]"), HttpStatusCode.BadRequest, "error decoding YAML: an object is expected");
    }

    [Fact]
    public async Task A_stale_revision_is_a_conflict()
    {
        var first = await ApiFixture.Body(await Apply("stale", Map("stale", "a: '1'")));
        var revision = (string)first["metadata"]!["resourceVersion"]!;
        var with = Map("stale", "a: '2'", $", resourceVersion: \"{revision}\"");
        Assert.Equal(HttpStatusCode.OK, (await Apply("stale", with)).StatusCode);
        await Is(await Apply("stale", with.Replace("'2'", "'3'")), HttpStatusCode.Conflict, "Operation cannot be "
            + "fulfilled on configmaps \"stale\": the object has been modified; please apply your changes to the "
            + "latest version and try again");
    }

    [Fact]
    public async Task A_dry_run_answers_and_stores_nothing()
    {
        var made = await Apply("dry", Map("dry", "a: '1'"), "me&dryRun=All");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("me", Owners(await ApiFixture.Body(made), "manager"));
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync($"{ConfigMaps}/dry")).StatusCode);

        var stored = await ApiFixture.Body(await Apply("dry", Map("dry", "a: '1'")));
        var same = await ApiFixture.Body(await Apply("dry", Map("dry", "a: '1'"), "me&dryRun=All&force=true"));
        Assert.True(JsonNode.DeepEquals(stored, same), "an unchanged object must come back unchanged");
        var changed = await ApiFixture.Body(await Apply("dry", Map("dry", "a: '2'"), "me&dryRun=All"));
        Assert.Equal("2", (string?)changed["data"]!["a"]);
        Assert.True(JsonNode.DeepEquals(stored, await Read($"{ConfigMaps}/dry")));
    }

    [Fact]
    public async Task Every_writer_is_tracked_by_its_name()
    {
        await Send(HttpMethod.Post, ConfigMaps, """{"metadata":{"name":"who"},"data":{"a":"1"}}""",
            "application/json", "kubectl/v1.33.1 (linux/amd64) kubernetes/abc");
        await Send(HttpMethod.Patch, $"{ConfigMaps}/who", """{"data":{"b":"1"}}""",
            "application/merge-patch+json", "");
        var body = await Send(HttpMethod.Patch, $"{ConfigMaps}/who?fieldManager=named", """{"data":{"c":"1"}}""",
            "application/strategic-merge-patch+json", "any/1");
        Assert.Equal("kubectl Update | named Update | unknown Update",
            string.Join(" | ", Owners(body, "manager", "operation").Split(" | ").Order()));
        Assert.Contains("""{"f:data":{".":{},"f:a":{}}}""", AllFields(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_and_scale_are_entries_of_their_own()
    {
        await Deployment("entries");
        var status = $"{Deployments}/entries/status?fieldManager=controller";
        await Send(HttpMethod.Patch, status, """{"status":{"replicas":2}}""", "application/merge-patch+json", "x");
        var scale = $"{Deployments}/entries/scale?fieldManager=scaler";
        await Send(HttpMethod.Patch, scale, """{"spec":{"replicas":5}}""", "application/merge-patch+json", "x");

        var body = await Read($"{Deployments}/entries");
        Assert.Equal("controller Update status | me Apply  | scaler Update scale",
            string.Join(" | ", Owners(body, "manager", "operation", "subresource").Split(" | ").Order()));
        var refused = await Patch($"{Deployments}/entries?fieldManager=me", Manifest("entries", "replicas: 2, "));
        await Is(refused, HttpStatusCode.Conflict, "Apply failed with 1 conflict: conflict with \"scaler\" with "
            + "subresource \"scale\" using apps/v1: .spec.replicas");
        Assert.Equal(HttpStatusCode.OK,
            (await Patch($"{Deployments}/entries?fieldManager=me", Manifest("entries", ""))).StatusCode);
    }

    [Fact]
    public async Task A_scale_can_be_applied()
    {
        await Deployment("scaled");
        const string scale = "apiVersion: autoscaling/v1\nkind: Scale\nmetadata: {name: scaled}\nspec: {replicas: 4}\n";
        var refused = await Patch($"{Deployments}/scaled/scale?fieldManager=scaler", scale);
        await Is(refused, HttpStatusCode.Conflict,
            "Apply failed with 1 conflict: conflict with \"me\": .spec.replicas");
        var taken = await Patch($"{Deployments}/scaled/scale?fieldManager=scaler&force=true", scale);
        Assert.Equal("""{"replicas":4}""", (await ApiFixture.Body(taken))["spec"]!.ToJsonString());
        var body = await Read($"{Deployments}/scaled");
        Assert.Equal("4", body["spec"]!["replicas"]!.ToJsonString());
        Assert.Contains("scaler Apply scale", Owners(body, "manager", "operation", "subresource"),
            StringComparison.Ordinal);
        Assert.Contains("""{"f:spec":{"f:replicas":{}}}""", AllFields(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_is_applied_below_the_object_only()
    {
        await Deployment("below");
        const string status = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: below}\n"
            + "status: {conditions: [{type: Nice, status: 'True'}]}\n";
        var applied = await Patch($"{Deployments}/below/status?fieldManager=judge", status);
        Assert.Equal("Nice",
            (string?)(await ApiFixture.Body(applied))["status"]!["conditions"]![0]!["type"]);
        Assert.Equal(HttpStatusCode.NotFound,
            (await Patch($"{Deployments}/none/status?fieldManager=judge", status.Replace("below", "none"))).StatusCode);
    }

    [Fact]
    public async Task Clients_may_clear_and_migrate_owners()
    {
        await Apply("owners", Map("owners", "a: '1'"));
        const string migrate = """
            [{"op":"replace","path":"/metadata/managedFields","value":[
              {"manager":"new","operation":"Apply","apiVersion":"v1","time":"2026-01-01T00:00:00Z",
               "fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:a":{}}}}]}]
            """;
        var migrated = await Send(
            HttpMethod.Patch, $"{ConfigMaps}/owners", migrate, "application/json-patch+json", "x");
        Assert.Equal("new Apply", Owners(migrated, "manager", "operation"));

        const string clear = """[{"op":"replace","path":"/metadata/managedFields","value":[{}]}]""";
        var cleared = await Send(HttpMethod.Patch, $"{ConfigMaps}/owners", clear, "application/json-patch+json", "x");
        Assert.Null(cleared["metadata"]!["managedFields"]);
        var untracked = await Send(
            HttpMethod.Patch, $"{ConfigMaps}/owners", """{"data":{"b":"1"}}""", "application/merge-patch+json", "x");
        Assert.Null(untracked["metadata"]!["managedFields"]);
        var first = await ApiFixture.Body(await Apply("owners", Map("owners", "a: '1'")));
        Assert.Equal("before-first-apply | me",
            string.Join(" | ", Owners(first, "manager").Split(" | ").Order()));
    }

    [Fact]
    public async Task An_update_that_leaves_out_owners_keeps_them()
    {
        await Apply("kept", Map("kept", "a: '1'"));
        var body = await Send(HttpMethod.Put, $"{ConfigMaps}/kept?fieldManager=other",
            """{"metadata":{"name":"kept"},"data":{"a":"1","b":"2"}}""", "application/json", "x");
        Assert.Equal("me | other", Owners(body, "manager"));
        var revision = (string?)body["metadata"]!["resourceVersion"];
        var same = await Send(HttpMethod.Put, $"{ConfigMaps}/kept?fieldManager=third",
            """{"metadata":{"name":"kept"},"data":{"a":"1","b":"2"}}""", "application/json", "x");
        Assert.Equal(revision, (string?)same["metadata"]!["resourceVersion"]);
        Assert.Equal("me | other", Owners(same, "manager"));
    }

    [Fact]
    public async Task What_admission_adds_is_nobodys()
    {
        const string pod = """{"metadata":{"name":"bare"},"spec":{"containers":[{"name":"c","image":"i"}]}}""";
        await Patch("/api/v1/namespaces/default/pods/bare?fieldManager=me", pod);
        var made = await Send(HttpMethod.Post, "/api/v1/namespaces/default/pods",
            pod.Replace("bare", "posted"), "application/json", "x");
        Assert.NotNull(made["spec"]!["priority"]);
        Assert.DoesNotContain("f:priority", AllFields(made), StringComparison.Ordinal);
        Assert.Contains("f:dnsPolicy", AllFields(made), StringComparison.Ordinal);
        var again = await Patch("/api/v1/namespaces/default/pods/bare?fieldManager=me", pod);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    private static string Manifest(string name, string spec) =>
        $"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{{spec}selector: "
        + "{matchLabels: {app: w}}, template: {metadata: {labels: {app: w}}, spec: {containers: "
        + "[{name: c, image: i}]}}}\n";

    private async Task Deployment(string name) => Assert.Equal(HttpStatusCode.Created,
        (await Patch($"{Deployments}/{name}?fieldManager=me", Manifest(name, "replicas: 2, "))).StatusCode);

    private Task<HttpResponseMessage> Apply(string name, string manifest, string manager = "me") =>
        Patch($"{ConfigMaps}/{name}?fieldManager={manager}", manifest);

    private Task<HttpResponseMessage> Patch(string path, string manifest) =>
        api.Admin.PatchAsync(path, ApiFixture.Json(manifest, Type));

    private async Task<JsonObject> Read(string path) => await ApiFixture.Body(await api.Admin.GetAsync(path));

    private async Task<JsonObject> Send(HttpMethod method, string path, string body, string type, string agent)
    {
        using var request = new HttpRequestMessage(method, path) { Content = ApiFixture.Json(body, type) };
        if (agent.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("User-Agent", agent);
        }

        var response = await api.Admin.SendAsync(request);
        var answer = await ApiFixture.Body(response);
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        return answer;
    }

    private static JsonArray Entries(JsonObject obj) => obj["metadata"]!["managedFields"]!.AsArray();

    private static string Owners(JsonObject obj, params string[] names) => string.Join(" | ", Entries(obj)
        .Select(entry => string.Join(' ', names.Select(name => (string?)entry![name] ?? ""))));

    private static string Fields(JsonObject obj, int at) => Entries(obj)[at]!["fieldsV1"]!.ToJsonString();

    private static string AllFields(JsonObject obj) =>
        string.Join('\n', Entries(obj).Select(entry => entry!["fieldsV1"]!.ToJsonString()));

    private static async Task Is(HttpResponseMessage response, HttpStatusCode code, string? message)
    {
        var status = await ApiFixture.Body(response);
        Assert.Equal((code, message ?? (string?)status["message"]), (response.StatusCode, (string?)status["message"]));
    }
}
