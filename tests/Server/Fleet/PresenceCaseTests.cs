using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Fleet;
using Edge.Tests.Server.Control;

namespace Edge.Tests.Server.Fleet;

/// <summary>Golden cases of <c>tests/Cases/presence</c>; see its README.</summary>
public sealed class PresenceCaseTests
{
    private static readonly DateTimeOffset _begin = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> All() => PlanCases.Of("presence");

    [Theory]
    [MemberData(nameof(All))]
    public void A_pod_shows_whether_its_node_is_there(string name) => PlanCases.Check("presence", name, Answer);

    [Fact]
    public void There_are_cases() => Assert.True(All().Count >= 12);

    private static string Answer(JsonObject input)
    {
        var pod = input["pod"]!.DeepClone().AsObject();
        var first = pod["status"]!.DeepClone();
        var text = new StringBuilder($"at first: {Status(pod)}\n");
        PodCovered? covered = null;
        var now = _begin;
        foreach (var step in input["then"]!.AsArray())
        {
            var heard = now.AddSeconds(-40);
            switch (step)
            {
                case JsonObject said when said["report"] is JsonObject report:
                    PodStatusPlan.Apply(pod, report);
                    break;
                case JsonObject said when said["patch"] is JsonObject patch:
                    foreach (var (field, value) in patch)
                    {
                        pod["status"]![field] = value!.DeepClone();
                    }

                    break;
                case var news when news!.ToString() is "lost" or "unheard":
                    var contact = new LastContact(heard, news!.ToString() == "lost");
                    covered = PodAbsencePlan.Cover(pod, "n1", contact, now) ?? covered;
                    break;
                default:
                    _ = covered is not null && PodAbsencePlan.Uncover(pod, covered);
                    covered = null;
                    break;
            }

            var same = JsonNode.DeepEquals(first, pod["status"]) ? "same" : Status(pod);
            text.Append(CultureInfo.InvariantCulture, $"{now:HH:mm:ss} {Word(step)}: {same}\n");
            now = now.AddMinutes(1);
        }

        return text.ToString();
    }

    private static string Word(JsonNode? step) => step is JsonObject said ? said.First().Key : step!.ToString();

    private static string Status(JsonObject pod) =>
        pod["status"]!.ToJsonString().Replace("\"", "", StringComparison.Ordinal);
}
