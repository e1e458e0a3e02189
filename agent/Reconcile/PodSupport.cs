using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// Whether this agent understands every field of a pod. One that it does not is never started: half of what was asked
/// for would run. What runs already goes on.
/// </summary>
internal static class PodSupport
{
    /// <summary>The pod and null, or the pod as far as it is understood and the reason it is refused.</summary>
    public static (Pod Pod, string? Refusal) Read(byte[] json)
    {
        var pod = JsonSerializer.Deserialize(json, ModelJson.Default.Pod) ?? new Pod();
        using var document = JsonDocument.Parse(json);
        if (!document.RootElement.TryGetProperty("spec", out var spec))
        {
            return (pod, "the pod has no spec");
        }

        try
        {
            spec.Deserialize(ModelJson.Strict.PodSpec);
        }
        catch (JsonException unknown)
        {
            return (pod, $"this agent does not know the field spec{unknown.Path?.TrimStart('$')}");
        }

        return (pod, Unsupported(pod));
    }

    /// <summary>Why this agent will not start the pod although it knows its fields; null when it will.</summary>
    public static string? Unsupported(Pod pod)
    {
        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            var known = volume is { ConfigMap: not null } or { Secret: not null } or { EmptyDir: not null }
                or { HostPath: not null } or { DownwardAPI: not null } or { Projected: not null };
            if (!known)
            {
                return $"this agent does not mount volume \"{volume.Name}\" of that type";
            }

            var token = volume.Projected?.Sources?.Any(source =>
                source.ServiceAccountToken is not null || source.ClusterTrustBundle is not null);
            if (token == true)
            {
                return $"this agent does not project the source of volume \"{volume.Name}\"";
            }
        }

        foreach (var container in PodShape.All(pod))
        {
            if (container.VolumeDevices is not null)
            {
                return $"this agent does not attach the volumeDevices of container \"{container.Name}\"";
            }

            Probe?[] probes = [container.StartupProbe, container.LivenessProbe, container.ReadinessProbe];
            if (probes.Any(probe => probe?.Grpc is not null))
            {
                return $"this agent does not run the gRPC probe of container \"{container.Name}\"";
            }
        }

        return null;
    }
}
