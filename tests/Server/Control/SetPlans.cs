using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.DaemonSets;
using Edge.Server.Control.StatefulSets;

namespace Edge.Tests.Server.Control;

/// <summary>The plans of StatefulSets and DaemonSets as text, for golden cases.</summary>
internal static class SetPlans
{
    public static string StatefulSet(ControlCase loaded)
    {
        if (loaded.World.StatefulSets.Read(loaded.Key) is not { } state)
        {
            return "nothing there\n";
        }

        var plan = StatefulSetPlan.Of(state, loaded.World.Clock.GetUtcNow());
        var lines = new ControlCases.Lines();
        lines.Each("adopt pod", plan.Claims.Adopt.Select(pod => pod.Name));
        lines.Each("release pod", plan.Claims.Release.Select(pod => pod.Name));
        lines.Each("", plan.History.Select(step => step.ToString()));
        lines.Each("", plan.Steps.Select(step => step.ToString()));
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.StatefulSetStatus));
        lines.Again(plan.CheckAgain);
        return lines.ToString();
    }

    public static string DaemonSet(ControlCase loaded)
    {
        if (loaded.World.DaemonSets.Read(loaded.Key) is not { } state)
        {
            return "nothing there\n";
        }

        var plan = DaemonSetPlan.Of(state, loaded.World.Clock.GetUtcNow());
        var lines = new ControlCases.Lines();
        lines.Each("adopt pod", plan.Claims.Adopt.Select(pod => pod.Name));
        lines.Each("release pod", plan.Claims.Release.Select(pod => pod.Name));
        lines.Each("", plan.History.Select(step => step.ToString()));
        lines.Each("create pod on", plan.Create);
        lines.Each("delete pod", plan.Delete.Select(doomed => $"{doomed.Pod.Name} ({doomed.Why})"));
        lines.Status(JsonSerializer.Serialize(plan.Status, WorkloadJson.Default.DaemonSetStatus));
        lines.Again(plan.CheckAgain);
        return lines.ToString();
    }
}
