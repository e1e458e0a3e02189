using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Schema;

/// <summary>An autoscaler in both of its versions: neither may lose what the other said.</summary>
public sealed class HpaVersionsTests
{
    private static readonly ResourceSchema _v1 = Samples.Kind("autoscaling", "HorizontalPodAutoscaler");

    private const string Full = """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"name":"web","annotations":{"team":"a"}},
         "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"},
          "minReplicas":2,"maxReplicas":9,"metrics":[
           {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"500Mi"}}},
           {"type":"ContainerResource","containerResource":{"name":"cpu","container":"c",
            "target":{"type":"Utilization","averageUtilization":60}}},
           {"type":"Pods","pods":{"metric":{"name":"packets","selector":{"matchLabels":{"a":"b"}}},
            "target":{"type":"AverageValue","averageValue":"1k"}}},
           {"type":"Object","object":{"metric":{"name":"requests"},
            "describedObject":{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","name":"main"},
            "target":{"type":"Value","value":"10k"}}},
           {"type":"External","external":{"metric":{"name":"queue","selector":{"matchLabels":{"q":"x"}}},
            "target":{"type":"AverageValue","averageValue":"30"}}},
           {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}],
          "behavior":{"scaleDown":{"stabilizationWindowSeconds":60,"selectPolicy":"Max","policies":[
           {"type":"Percent","value":10,"periodSeconds":60}]}}},
         "status":{"currentReplicas":3,"desiredReplicas":4,"lastScaleTime":"2026-01-01T00:00:00Z","currentMetrics":[
           {"type":"Resource","resource":{"name":"cpu","current":{"averageValue":"74m","averageUtilization":37}}},
           {"type":"Pods","pods":{"metric":{"name":"packets"},"current":{"averageValue":"900"}}}],
          "conditions":[{"type":"AbleToScale","status":"True","reason":"ReadyForNewScale"}]}}
        """;

    [Fact]
    public void Of_version_1_comes_a_metric_for_the_processor()
    {
        var v2 = VersionConversion.ToStored(_v1, V1(""","targetCPUUtilizationPercentage":50"""));
        Samples.Same("""
            {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},
             "spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":5,"metrics":[
              {"type":"Resource","resource":{"name":"cpu",
               "target":{"type":"Utilization","averageUtilization":50}}}]}}
            """, v2);
    }

    [Fact]
    public void Without_a_percentage_version_1_means_80()
    {
        var v2 = VersionConversion.ToStored(_v1, V1(""));
        Assert.Equal("80",
            v2["spec"]!["metrics"]![0]!["resource"]!["target"]!["averageUtilization"]!.ToJsonString());
    }

    [Fact]
    public void What_version_1_has_no_field_for_stands_in_annotations()
    {
        var v1 = VersionConversion.FromStored(_v1, Samples.Tree(Full));
        var notes = v1["metadata"]!["annotations"]!;

        Assert.Equal(50, (int)v1["spec"]!["targetCPUUtilizationPercentage"]!);
        Assert.Equal(37, (int)v1["status"]!["currentCPUUtilizationPercentage"]!);
        Assert.Null(v1["spec"]!["metrics"]);
        Assert.Null(v1["spec"]!["behavior"]);
        Assert.Null(v1["status"]!["conditions"]);
        Assert.Equal("a", (string?)notes["team"]);
        var metrics = JsonNode.Parse((string)notes["autoscaling.alpha.kubernetes.io/metrics"]!)!.AsArray();
        Samples.Same("""{"type":"Resource","resource":{"name":"memory","targetAverageValue":"500Mi"}}""", metrics[0]);
        Samples.Same("""
            {"type":"ContainerResource",
             "containerResource":{"name":"cpu","container":"c","targetAverageUtilization":60}}
            """, metrics[1]);
        Samples.Same("""
            {"type":"Pods","pods":{"metricName":"packets","selector":{"matchLabels":{"a":"b"}},
             "targetAverageValue":"1k"}}
            """, metrics[2]);
        Samples.Same("""
            {"type":"Object","object":{"target":{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","name":"main"},
             "metricName":"requests","targetValue":"10k"}}
            """, metrics[3]);
        Samples.Same("""
            {"type":"External","external":{"metricName":"queue","metricSelector":{"matchLabels":{"q":"x"}},
             "targetAverageValue":"30"}}
            """, metrics[4]);
        Assert.Equal("""
            {"ScaleUp":null,"ScaleDown":{"StabilizationWindowSeconds":60,"SelectPolicy":"Max",
            "Policies":[{"Type":"Percent","Value":10,"PeriodSeconds":60}],"Tolerance":null}}
            """.Replace("\n", ""), (string?)notes["autoscaling.alpha.kubernetes.io/behavior"]);
        Samples.Same("""
            [{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":37,"currentAverageValue":"74m"}},
             {"type":"Pods","pods":{"metricName":"packets","currentAverageValue":"900"}}]
            """, JsonNode.Parse((string)notes["autoscaling.alpha.kubernetes.io/current-metrics"]!));
        Samples.Same("""[{"type":"AbleToScale","status":"True","reason":"ReadyForNewScale"}]""",
            JsonNode.Parse((string)notes["autoscaling.alpha.kubernetes.io/conditions"]!));
    }

    [Fact]
    public void Who_writes_back_what_was_read_changes_nothing()
    {
        var v2 = Samples.Tree(Full);
        Samples.Same(Full, VersionConversion.ToStored(_v1, VersionConversion.FromStored(_v1, v2)));
    }

    [Fact]
    public void An_annotation_that_is_no_JSON_says_nothing()
    {
        var v1 = V1("");
        v1["metadata"]!["annotations"] = new JsonObject
        {
            ["autoscaling.alpha.kubernetes.io/metrics"] = "[{", ["autoscaling.alpha.kubernetes.io/behavior"] = "7",
        };
        Assert.True(JsonNode.DeepEquals(
            VersionConversion.ToStored(_v1, V1("")), VersionConversion.ToStored(_v1, v1)));
    }

    private static JsonObject V1(string more) => Samples.Tree($$$"""
        {"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},
         "spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":5{{{more}}}}}
        """);
}
