using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Namespaces;
using Edge.Server.Control.Pods;
using Edge.Server.Store;

namespace Edge.Tests.Server.Control;

/// <summary>Golden cases of <c>tests/Cases/namespaces</c> and <c>pods</c>; see their READMEs.</summary>
public sealed class EndingCaseTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Namespaces() => PlanCases.Of("namespaces");

    public static TheoryData<string> Pods() => PlanCases.Of("pods");

    [Fact]
    public void There_are_cases() => Assert.True(Namespaces().Count >= 20 && Pods().Count >= 20);

    [Theory]
    [MemberData(nameof(Namespaces))]
    public void A_namespace_says_what_is_left_in_it(string name) =>
        PlanCases.Check("namespaces", name, NamespaceAnswer);

    [Theory]
    [MemberData(nameof(Pods))]
    public void A_pod_that_nobody_ends_is_found(string name) => PlanCases.Check("pods", name, PodAnswer);

    private static string NamespaceAnswer(JsonObject input)
    {
        var left = (input["left"] as JsonArray ?? []).Select(item => new StoredObject(
            item!["key"]!.ToString(), 1, Encoding.UTF8.GetBytes(
                new JsonObject { ["metadata"] = item["metadata"]?.DeepClone() ?? new JsonObject() }.ToJsonString())));
        if (NamespacesPlan.Next(input["namespace"]!.DeepClone().AsObject(), [.. left], _now) is not { } next)
        {
            return "stays as it is\n";
        }

        var text = new StringBuilder();
        foreach (var condition in next["status"]!["conditions"]!.AsArray())
        {
            text.Append($"{condition!["type"]} {condition["status"]} {condition["reason"]} ")
                .Append($"since {condition["lastTransitionTime"]}: {condition["message"]}\n");
        }

        return text.Append($"finalizers {next["spec"]?["finalizers"]?.ToJsonString()}\n").ToString();
    }

    private static string PodAnswer(JsonObject input)
    {
        var node = input["node"] is { } given ? PodsPlan.LifeOf(given.Deserialize(WorkloadJson.Default.Node)!)
            : NodeLife.Absent;
        var text = new StringBuilder();
        foreach (var item in input["pods"]!.AsArray().OfType<JsonObject>())
        {
            var pod = item.Deserialize(ModelJson.Default.Pod)!;
            var step = PodsPlan.Decide(
                !string.IsNullOrEmpty(pod.Spec.NodeName), pod.Metadata.DeletionTimestamp is not null, node);
            text.Append($"{pod.Metadata.Name}: {step}");
            if (step != PodStep.Keep)
            {
                var failed = PodsPlan.Fail(item.DeepClone().AsObject(), step == PodStep.Suspect, _now);
                text.Append($", then {failed?["status"]?.ToJsonString() ?? "as it ended"}");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
