using Edge.Agent.Runtime.Grpc;
using Edge.Proto.Containerd.Tasks;
using Google.Protobuf.WellKnownTypes;
using V1 = Edge.Proto.Containerd.CgroupsV1;
using V2 = Edge.Proto.Containerd.CgroupsV2;

namespace Edge.Agent.Runtime;

/// <summary>Reads one container's use of the node.</summary>
internal static class TaskMetrics
{
    public static async Task<ContainerMetrics?> Read(GrpcChannel channel, string id, CancellationToken token)
    {
        try
        {
            var request = new MetricsRequest { Filters = { $"id=={id}" } };
            var answer = await channel.Call(ContainerdApi.TaskMetrics, request, token);
            return answer.Metrics.Count == 0 || answer.Metrics[0].Data is not { } data
                ? null
                : Convert(answer.Metrics[0].Timestamp.ToDateTimeOffset(), data);
        }
        catch (RuntimeException e) when (e.Reason == RuntimeReason.NotFound)
        {
            return null;
        }
    }

    private static ContainerMetrics? Convert(DateTimeOffset at, Any data)
    {
        switch (data.TypeUrl)
        {
            case "io.containerd.cgroups.v1.Metrics":
                var old = V1.Metrics.Parser.ParseFrom(data.Value);
                return Make(
                    at, (long)(old.Cpu?.Usage?.Total ?? 0), (long)(old.Memory?.Usage?.Usage ?? 0),
                    (long)(old.Memory?.TotalInactiveFile ?? 0), (long)(old.Memory?.Rss ?? 0));
            case "io.containerd.cgroups.v2.Metrics":
                var unified = V2.Metrics.Parser.ParseFrom(data.Value);
                return Make(
                    at, (long)(unified.Cpu?.UsageUsec ?? 0) * 1000, (long)(unified.Memory?.Usage ?? 0),
                    (long)(unified.Memory?.InactiveFile ?? 0), (long)(unified.Memory?.Anon ?? 0));
            default:
                return null;
        }
    }

    private static ContainerMetrics Make(DateTimeOffset at, long cpu, long usage, long inactiveFile, long rss) =>
        new(at, cpu, usage, Math.Max(0, usage - inactiveFile), rss);
}
