using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The defaults of a pod that depend on other fields; the plain ones stand in the description.</summary>
internal static class PodDefaults
{
    /// <summary>The lists of a pod that hold containers.</summary>
    public static IReadOnlyList<string> ContainerLists { get; } =
        ["initContainers", "containers", "ephemeralContainers"];

    public static void Fill(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        FillSpec(spec);
        spec["enableServiceLinks"] ??= true;
        foreach (var container in ContainerLists.SelectMany(list => spec.Objects(list)))
        {
            RequestLimits(container);
            if (spec.Flag("hostNetwork"))
            {
                OpenHostPorts(container);
            }
        }
    }

    /// <summary>
    /// What is filled in wherever a pod's spec stands; requests, host ports and service links wait until a template
    /// becomes a pod, as upstream.
    /// </summary>
    public static void FillSpec(JsonObject spec)
    {
        MirrorAccount(spec);
        foreach (var volume in spec.Objects("volumes").Where(volume => volume.Count == 1 && volume.ContainsKey("name")))
        {
            volume["emptyDir"] = new JsonObject();
        }

        foreach (var container in ContainerLists.SelectMany(list => spec.Objects(list)))
        {
            if (container.Text("imagePullPolicy").Length == 0)
            {
                container["imagePullPolicy"] = PullPolicy(container.Text("image"));
            }
        }
    }

    /// <summary>Latest is pulled always: no tag and no digest means latest.</summary>
    public static string PullPolicy(string image)
    {
        var at = image.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? image : image[..at];
        var colon = name.IndexOf(':', name.LastIndexOf('/') + 1);
        var tag = colon >= 0 ? name[(colon + 1)..] : at < 0 ? "latest" : "";
        return tag == "latest" ? "Always" : "IfNotPresent";
    }

    /// <summary>The deprecated alias and its successor always say the same.</summary>
    private static void MirrorAccount(JsonObject spec)
    {
        var name = spec.Text("serviceAccountName") is { Length: > 0 } set ? set : spec.Text("serviceAccount");
        if (name.Length > 0)
        {
            (spec["serviceAccountName"], spec["serviceAccount"]) = (name, name);
        }
    }

    private static void RequestLimits(JsonObject container)
    {
        if (container.Object("resources") is not { } resources || resources.Object("limits") is not { } limits)
        {
            return;
        }

        foreach (var (name, limit) in limits)
        {
            var requests = resources.Ensure("requests");
            requests[name] ??= limit?.DeepClone();
        }
    }

    private static void OpenHostPorts(JsonObject container)
    {
        foreach (var port in container.Objects("ports").Where(port => (port.Number("hostPort") ?? 0) == 0))
        {
            port["hostPort"] = port["containerPort"]?.DeepClone();
        }
    }
}
