using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The defaults of apps/v1 that depend on other fields; the plain ones stand in the description.</summary>
internal static class AppsDefaults
{
    public static void Deployment(JsonObject deployment)
    {
        var strategy = Template(deployment.Ensure("spec")).Ensure("strategy");
        if (strategy.Text("type") is "" or "RollingUpdate")
        {
            var bounds = strategy.Ensure("rollingUpdate");
            bounds["maxUnavailable"] ??= "25%";
            bounds["maxSurge"] ??= "25%";
        }
    }

    public static void DaemonSet(JsonObject daemonSet)
    {
        var strategy = Template(daemonSet.Ensure("spec")).Ensure("updateStrategy");
        if (strategy.Text("type") is "" or "RollingUpdate")
        {
            var bounds = strategy.Ensure("rollingUpdate");
            bounds["maxUnavailable"] ??= 1;
            bounds["maxSurge"] ??= 0;
        }
    }

    public static void StatefulSet(JsonObject statefulSet)
    {
        var spec = Template(statefulSet.Ensure("spec"));
        var strategy = spec.Ensure("updateStrategy");
        if (strategy.Text("type").Length == 0)
        {
            strategy.Ensure("rollingUpdate");
        }

        if (strategy.Text("type") is "" or "RollingUpdate" && strategy.Object("rollingUpdate") is { } bounds)
        {
            bounds["partition"] ??= 0;
        }

        foreach (var claim in spec.Objects("volumeClaimTemplates"))
        {
            (claim["apiVersion"], claim["kind"]) = ("v1", "PersistentVolumeClaim");
            claim.Ensure("spec");
            claim.Ensure("status")["phase"] ??= "Pending";
        }
    }

    /// <summary>A template is always there, as in Go, and its pod gets a pod's defaults. Returns the spec.</summary>
    public static JsonObject Template(JsonObject spec)
    {
        PodDefaults.FillSpec(spec.Ensure("template").Ensure("spec"));
        return spec;
    }
}
