using System.Text.Json.Nodes;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>Takes a node's word on its pods into the store, and on no others.</summary>
internal sealed class PodIntake(Objects objects, ILogger log)
{
    public async Task Take(string node, string key, JsonObject report, CancellationToken ct)
    {
        var metadata = report["metadata"];
        var (ns, name, uid) = (metadata?["namespace"]?.ToString(), metadata?["name"]?.ToString(),
            metadata?["uid"]?.ToString());
        if (ns is null || name is null || uid is null || key != $"pods/{uid}")
        {
            log.ReportRefused(node, ReportScope.Cut(key), "it does not name its pod");
            return;
        }

        string? refusal = null;
        var gone = false;
        var outcome = await objects.Update(Resources.Pods, ns, name, pod =>
        {
            refusal = PodStatusPlan.Refusal(pod, uid, node);
            gone = refusal is null && pod["metadata"]?["deletionTimestamp"] is not null
                && report["removed"]?.GetValue<bool>() == true;
            if (refusal is not null || report["status"] is not JsonObject status)
            {
                return null;
            }

            var changed = PodStatusPlan.Apply(pod, status);
            refusal = ReportScope.Fits(changed) ? null : "the Pod would be too large";
            return refusal is null ? changed : null;
        }, ct);
        if (refusal is not null)
        {
            log.ReportRefused(node, ReportScope.Cut(key), refusal);
        }

        if (gone && outcome is not UpdateOutcome.Missing)
        {
            await Finish(node, ns, name, uid, ct);
        }
    }

    /// <summary>Nothing of the pod is left on its node: its grace is over, only finalizers can hold it now.</summary>
    private async Task Finish(string node, string ns, string name, string uid, CancellationToken ct)
    {
        await objects.RequestDelete(Resources.Pods, ns, name, uid, graceSeconds: 0, ct);
        log.PodGone($"{ns}/{name}", node);
    }
}
