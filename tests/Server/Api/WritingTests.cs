using System.Net;

namespace Edge.Tests.Server.Api;

/// <summary>Names that the server makes, updates without a revision, and the smaller rules of writes.</summary>
public sealed class WritingTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    private const string Merge = "application/merge-patch+json";
    private const string Strategic = "application/strategic-merge-patch+json";

    [Fact]
    public async Task A_generated_name_stays_a_label_however_long_its_prefix_is()
    {
        var prefix = new string('p', 80);
        var made = await ApiFixture.Body(await api.Admin.PostAsync(
            ConfigMaps, ApiFixture.Json($$$"""{"metadata":{"generateName":"{{{prefix}}}"}}""")));
        Assert.Matches("^p{58}[bcdfghjklmnpqrstvwxz2456789]{5}$", (string?)made["metadata"]!["name"]);
        Assert.Equal(prefix, (string?)made["metadata"]!["generateName"]);
    }

    [Fact]
    public async Task A_put_creates_the_kinds_that_upstream_creates_so()
    {
        var made = await api.Admin.PutAsync($"{Leases}/put", ApiFixture.Json(
            """{"metadata":{"name":"put"},"spec":{"holderIdentity":"a"}}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.NotNull((string?)(await ApiFixture.Body(made))["metadata"]!["uid"]);
        var refused = await api.Admin.PutAsync(
            $"{ConfigMaps}/nothing", ApiFixture.Json("""{"metadata":{"name":"nothing"}}"""));
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        refused = await api.Admin.PutAsync($"{Leases}/gone", ApiFixture.Json(
            """{"metadata":{"name":"gone","resourceVersion":"5"}}"""));
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task A_lease_is_replaced_only_by_who_names_its_revision()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(
            Leases, ApiFixture.Json("""{"metadata":{"name":"held"},"spec":{"holderIdentity":"a"}}""")));
        var refused = await api.Admin.PutAsync($"{Leases}/held", ApiFixture.Json(
            """{"metadata":{"name":"held"},"spec":{"holderIdentity":"b"}}"""));
        Assert.Equal(((HttpStatusCode)422, "Lease.coordination.k8s.io \"held\" is invalid: metadata.resourceVersion: "
            + "Invalid value: 0: must be specified for an update"), await Told(refused));
        made["spec"]!["holderIdentity"] = "b";
        var taken = await api.Admin.PutAsync($"{Leases}/held", ApiFixture.Json(made.ToJsonString()));
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task A_config_map_is_replaced_by_who_names_no_revision()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json("""{"metadata":{"name":"free"},"data":{"a":"1"}}"""));
        var put = await api.Admin.PutAsync(
            $"{ConfigMaps}/free", ApiFixture.Json("""{"metadata":{"name":"free"},"data":{"a":"2"}}"""));
        Assert.Equal("2", (string?)(await ApiFixture.Body(put))["data"]!["a"]);
    }

    [Theory]
    [InlineData(Merge)]
    [InlineData(Strategic)]
    public async Task A_key_that_stands_twice_in_a_patch_is_told(string type)
    {
        var name = $"twice-{type.Length}";
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json($$$"""{"metadata":{"name":"{{{name}}}"}}"""));
        var patch = """{"data":{"a":"1","a":"2"}}""";
        var warned = await api.Admin.PatchAsync($"{ConfigMaps}/{name}?dryRun=All", ApiFixture.Json(patch, type));
        Assert.Equal("299 - \"duplicate field \\\"data.a\\\"\"", warned.Headers.GetValues("Warning").Single());
        var strict = await api.Admin.PatchAsync(
            $"{ConfigMaps}/{name}?fieldValidation=Strict", ApiFixture.Json(patch, type));
        Assert.Equal(((HttpStatusCode)422, $" \"\" is invalid: patch: Invalid value: \"{patch}\": strict decoding "
            + "error: duplicate field \"data.a\""), await Told(strict));
        var ignored = await api.Admin.PatchAsync(
            $"{ConfigMaps}/{name}?fieldValidation=Ignore", ApiFixture.Json(patch, type));
        Assert.False(ignored.Headers.Contains("Warning"));
    }

    [Fact]
    public async Task A_patch_that_names_a_stale_revision_is_a_conflict()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(
            ConfigMaps, ApiFixture.Json("""{"metadata":{"name":"stale"},"data":{"a":"1"}}""")));
        var revision = (string?)made["metadata"]!["resourceVersion"];
        await api.Admin.PatchAsync($"{ConfigMaps}/stale", ApiFixture.Json("""{"data":{"a":"2"}}""", Merge));
        var refused = await api.Admin.PatchAsync($"{ConfigMaps}/stale?dryRun=All", ApiFixture.Json(
            $$$"""{"metadata":{"resourceVersion":"{{{revision}}}"},"data":{"a":"3"}}""", Merge));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Fact]
    public async Task A_patch_of_too_many_operations_is_too_large()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json("""{"metadata":{"name":"many"}}"""));
        var operations = string.Join(
            ',', Enumerable.Repeat("""{"op":"test","path":"/kind","value":"ConfigMap"}""", 10_001));
        var refused = await api.Admin.PatchAsync(
            $"{ConfigMaps}/many", ApiFixture.Json($"[{operations}]", "application/json-patch+json"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "Request entity too large: The allowed maximum operations "
            + "in a JSON patch is 10000, got 10001"), await Told(refused));
    }

    [Fact]
    public async Task A_kind_that_nothing_acts_on_is_stored_with_a_warning()
    {
        var made = await api.Admin.PostAsync("/apis/storage.k8s.io/v1/storageclasses", ApiFixture.Json(
            """{"metadata":{"name":"fast"},"provisioner":"example.com/disk"}"""));
        Assert.Equal("299 - \"StorageClass: stored, but Edge does not act on this kind yet\"",
            made.Headers.GetValues("Warning").Single());
        Assert.Equal("Delete", (string?)(await ApiFixture.Body(made))["reclaimPolicy"]);
    }

    [Fact]
    public async Task A_policys_generation_counts_its_spec()
    {
        const string policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";
        var made = await ApiFixture.Body(await api.Admin.PostAsync(
            policies, ApiFixture.Json("""{"metadata":{"name":"p"},"spec":{}}""")));
        var patched = await ApiFixture.Body(await api.Admin.PatchAsync($"{policies}/p", ApiFixture.Json(
            """{"spec":{"ingress":[{"from":[{"podSelector":{}}]}]}}""", Strategic)));
        Assert.Equal("1 2", $"{made["metadata"]!["generation"]} {patched["metadata"]!["generation"]}");
    }

    [Fact]
    public async Task A_replication_controller_scales_and_selects_by_labels()
    {
        const string path = "/api/v1/namespaces/default/replicationcontrollers";
        await api.Admin.PostAsync(path, ApiFixture.Json("""
            {"metadata":{"name":"rc"},"spec":{"template":{"metadata":{"labels":{"b":"2","a":"1"}},
             "spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """));
        var scale = await ApiFixture.Body(await api.Admin.PatchAsync(
            $"{path}/rc/scale", ApiFixture.Json("""{"spec":{"replicas":4}}""", Merge)));
        Assert.Equal("4 a=1,b=2", $"{scale["spec"]!["replicas"]} {scale["status"]!["selector"]}");
    }

    [Fact]
    public async Task A_pod_is_bound_through_the_collection_of_bindings()
    {
        const string ns = "/api/v1/namespaces/default";
        await api.Admin.PostAsync($"{ns}/pods", ApiFixture.Json(
            """{"metadata":{"name":"loose"},"spec":{"containers":[{"name":"c","image":"i"}]}}"""));
        var bound = await api.Admin.PostAsync($"{ns}/bindings", ApiFixture.Json(
            """{"metadata":{"name":"loose"},"target":{"kind":"Node","name":"n1"}}"""));
        Assert.Equal(HttpStatusCode.Created, bound.StatusCode);
        var pod = await ApiFixture.Body(await api.Admin.GetAsync($"{ns}/pods/loose"));
        Assert.Equal("n1", (string?)pod["spec"]!["nodeName"]);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await api.Admin.GetAsync($"{ns}/bindings")).StatusCode);
    }

    private static async Task<(HttpStatusCode, string?)> Told(HttpResponseMessage response) =>
        (response.StatusCode, (string?)(await ApiFixture.Body(response))["message"]);
}
