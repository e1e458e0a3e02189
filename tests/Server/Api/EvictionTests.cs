using System.Net;
using Edge.Server.Control.Disruption;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Api;

/// <summary>What a drain asks of the server, and what disruption budgets answer it.</summary>
public sealed class EvictionTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Eviction =
        """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"NAME"}OPTIONS}""";

    [Fact]
    public async Task A_pod_without_a_budget_goes_and_says_why()
    {
        await Pods("free", "a");
        var answer = await Evict("free", "a");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("Success", (string?)(await ApiFixture.Body(answer))["status"]);

        var pod = Pod("free", "a")!;
        Assert.NotNull(pod.Metadata.DeletionTimestamp);
        Assert.Equal("EvictionByEvictionAPI", pod.Status!.Conditions!.Single(c => c.Type == "DisruptionTarget").Reason);
        Assert.Equal(HttpStatusCode.Created, (await Evict("free", "a")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Evict("free", "nobody")).StatusCode);
    }

    [Fact]
    public async Task A_budget_grants_what_it_has_and_no_more()
    {
        await Pods("bound", "a", "b", "c");
        await Budget("bound", "web", """{"selector":{"matchLabels":{"app":"web"}},"minAvailable":2}""");
        Assert.Equal(HttpStatusCode.Created, (await Evict("bound", "a")).StatusCode);

        var budget = api.Objects.Get(Resources.PodDisruptionBudgets, "bound", "web")!.Status!;
        Assert.Equal(0, budget.DisruptionsAllowed);
        Assert.Equal(["a"], budget.DisruptedPods!.Keys);
        Assert.Equal("InsufficientPods", Assert.Single(budget.Conditions!).Reason);

        var refused = await Evict("bound", "b");
        var body = await ApiFixture.Body(refused);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Null(refused.Headers.RetryAfter);
        Assert.Equal("TooManyRequests", (string?)body["reason"]);
        Assert.Equal(
            "Cannot evict pod as it would violate the pod's disruption budget.", (string?)body["message"]);
        var cause = Assert.Single(body["details"]!["causes"]!.AsArray())!;
        Assert.Equal("DisruptionBudget", (string?)cause["reason"]);
        Assert.Equal("The disruption budget web needs 2 healthy pods and has 3 currently", (string?)cause["message"]);
        Assert.Null(Pod("bound", "b")!.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task Two_drains_at_once_do_not_take_the_same_place()
    {
        string[] names = [.. Enumerable.Range(0, 8).Select(number => $"p{number}")];
        await Pods("race", names);
        await Budget("race", "web", """{"selector":{},"minAvailable":5}""");
        var answers = await Task.WhenAll(names.Select(async name => (await Evict("race", name)).StatusCode));
        Assert.Equal(3, answers.Count(code => code == HttpStatusCode.Created));
        Assert.Equal(3, names.Count(name => Pod("race", name)!.Metadata.DeletionTimestamp is not null));
    }

    [Fact]
    public async Task A_drain_that_asks_for_all_at_once_gets_all_that_the_budget_grants()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(number => $"p{number}")];
        await Pods("crowd", names);
        await Budget("crowd", "web", """{"selector":{},"minAvailable":0}""");
        var answers = await Task.WhenAll(names.Select(name => Evict("crowd", name)));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
    }

    [Fact]
    public async Task A_budget_that_was_not_counted_yet_asks_to_wait()
    {
        await Pods("early", "a");
        await Post("early", "web", """{"selector":{},"minAvailable":1}""");
        var answer = await Evict("early", "a");
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("10", answer.Headers.RetryAfter!.ToString());
        Assert.Equal(10, (int?)(await ApiFixture.Body(answer))["details"]!["retryAfterSeconds"]);
    }

    [Fact]
    public async Task More_than_one_budget_is_an_error()
    {
        await Pods("two", "a");
        await Budget("two", "one", """{"selector":{},"minAvailable":0}""");
        await Budget("two", "more", """{"selector":{},"minAvailable":0}""");
        var answer = await Evict("two", "a");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            (string?)(await ApiFixture.Body(answer))["message"]);
    }

    [Fact]
    public async Task A_dry_run_asks_and_changes_nothing()
    {
        await Pods("dry", "a", "b");
        await Budget("dry", "web", """{"selector":{},"minAvailable":1}""");
        var revision = api.Store.Revision;
        Assert.Equal(
            HttpStatusCode.Created, (await Evict("dry", "a", """,{"dryRun":["All"]}""")).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await Evict("dry", "a", query: "?dryRun=All")).StatusCode);
        Assert.Equal(revision, api.Store.Revision);
    }

    [Fact]
    public async Task Preconditions_hold_and_a_grace_is_kept()
    {
        await Pods("pre", "a");
        var other = await Evict("pre", "a", """,{"preconditions":{"uid":"another"}}""");
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal(
            HttpStatusCode.Created,
            (await Evict("pre", "a", """,{"gracePeriodSeconds":7,"preconditions":{"uid":"uid-pre-a"}}""")).StatusCode);
        Assert.Equal(7, Pod("pre", "a")!.Metadata.DeletionGracePeriodSeconds);
    }

    [Fact]
    public async Task An_ended_pod_is_gone_at_once_and_its_last_state_says_why()
    {
        await Pods("ended", "a");
        await api.Objects.Update(Resources.Pods, "ended", "a", tree =>
        {
            tree["status"]!["phase"] = "Succeeded";
            return tree;
        }, default);
        await Budget("ended", "web", """{"selector":{},"minAvailable":5}""");
        Assert.Equal(HttpStatusCode.Created, (await Evict("ended", "a")).StatusCode);
        Assert.Null(Pod("ended", "a"));
    }

    private Task<HttpResponseMessage> Evict(string ns, string pod, string options = "", string query = "") =>
        api.Admin.PostAsync(
            $"/api/v1/namespaces/{ns}/pods/{pod}/eviction{query}",
            ApiFixture.Json(Eviction.Replace("NAME", pod, StringComparison.Ordinal).Replace(
                "OPTIONS", options.Length == 0 ? "" : ",\"deleteOptions\":" + options[1..], StringComparison.Ordinal)));

    private Edge.Proto.Model.Pod? Pod(string ns, string name) => api.Objects.Get(Resources.Pods, ns, name);

    private async Task Pods(string ns, params string[] names)
    {
        await Put(Resources.Namespaces.KeyOf(null, ns), $$"""{"metadata":{"name":"{{ns}}"} }""");
        await Put(Resources.Nodes.KeyOf(null, "n1"), """
            {"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}
            """);
        foreach (var name in names)
        {
            await Put(Resources.Pods.KeyOf(ns, name), $$$"""
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}",
                 "uid":"uid-{{{ns}}}-{{{name}}}","labels":{"app":"web"} },
                 "spec":{"nodeName":"n1","containers":[]},
                 "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]} }
                """);
        }
    }

    private Task<TxnResult> Put(string key, string json) =>
        api.Store.Txn([], [StoreOp.Put(key, System.Text.Encoding.UTF8.GetBytes(json))], default);

    private async Task Post(string ns, string name, string spec)
    {
        var answer = await api.Admin.PostAsync(
            $"/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets",
            ApiFixture.Json($$"""{"metadata":{"name":"{{name}}"},"spec":{{spec}} }"""));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    /// <summary>A budget that its controller has counted.</summary>
    private async Task Budget(string ns, string name, string spec)
    {
        await Post(ns, name, spec);
        var controller = new DisruptionController(
            api.Objects, new NodeReach(api.Store, NullLogger<NodeReach>.Instance),
            new EventRecorder(api.Objects, TimeProvider.System), TimeProvider.System,
            NullLogger<DisruptionController>.Instance);
        var stored = api.Store.Get(Resources.PodDisruptionBudgets.KeyOf(ns, name))!.Value;
        Assert.Equal([$"{ns}/{name}"], controller.Sources[0].KeysOf(stored));
        await controller.Sync($"{ns}/{name}", default);
    }
}
