using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What an autoscaler measures and how fast it goes when it does not say (autoscaling/v2).</summary>
internal static class HpaDefaults
{
    private const int Utilization = 80;

    private const string ScaleUp = """
        {"stabilizationWindowSeconds":0,"selectPolicy":"Max","policies":[
        {"type":"Pods","value":4,"periodSeconds":15},{"type":"Percent","value":100,"periodSeconds":15}]}
        """;

    /// <summary>Without a stabilization window: that is the controller's to say.</summary>
    private const string ScaleDown =
        """{"selectPolicy":"Max","policies":[{"type":"Percent","value":100,"periodSeconds":15}]}""";

    public static void Fill(JsonObject hpa)
    {
        var spec = hpa.Ensure("spec");
        if (spec.Items("metrics").Count == 0)
        {
            spec["metrics"] = new JsonArray(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject
                {
                    ["name"] = "cpu",
                    ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = Utilization },
                },
            });
        }

        // Who says anything of the speed gets it all filled in, so that what applies can be read.
        if (spec.Object("behavior") is { } behavior)
        {
            Complete(behavior, "scaleUp", ScaleUp);
            Complete(behavior, "scaleDown", ScaleDown);
        }
    }

    private static void Complete(JsonObject behavior, string direction, string defaults)
    {
        var rules = behavior.Ensure(direction);
        foreach (var (name, value) in JsonNode.Parse(defaults)!.AsObject())
        {
            rules[name] ??= value?.DeepClone();
        }
    }
}
