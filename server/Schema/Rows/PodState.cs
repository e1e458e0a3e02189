using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>What a pod is doing in one word, with its ready containers and restarts: kubectl's rules.</summary>
internal sealed record PodState(string Reason, int Ready, long Restarts, DateTimeOffset? LastRestart)
{
    public static PodState Of(JsonObject pod)
    {
        var status = pod.Object("status");
        var reason = status.Text("reason") is { Length: > 0 } word ? word : status.Text("phase");
        if (status.Objects("conditions").Any(condition => condition.Text("type") == "PodScheduled"
            && condition.Text("reason") == "SchedulingGated"))
        {
            reason = "SchedulingGated";
        }

        var init = Init(pod, status);
        var state = init is null || Condition(status, "Initialized") == "True"
            ? OfContainers(status, reason)
            : init;
        return Deleting(pod, status, state);
    }

    public static string Condition(JsonObject? status, string type) =>
        status.Objects("conditions").FirstOrDefault(condition => condition.Text("type") == type).Text("status");

    /// <summary>Null when every init container has done its work.</summary>
    private static PodState? Init(JsonObject pod, JsonObject? status)
    {
        var total = pod.Object("spec").Items("initContainers").Count;
        var (restarts, last, at) = (0L, (DateTimeOffset?)null, 0);
        foreach (var container in status.Objects("initContainerStatuses"))
        {
            restarts += container.Number("restartCount") ?? 0;
            last = Later(last, container);
            var state = container.Object("state");
            if (state.Object("terminated") is { } done)
            {
                if ((done.Number("exitCode") ?? 0) == 0)
                {
                    at++;
                    continue;
                }

                return new PodState($"Init:{Ended(done)}", 0, restarts, last);
            }

            var waiting = state.Object("waiting").Text("reason");
            return new PodState(
                waiting is not ("" or "PodInitializing") ? $"Init:{waiting}" : $"Init:{at}/{total}", 0, restarts, last);
        }

        return null;
    }

    private static PodState OfContainers(JsonObject? status, string reason)
    {
        var (ready, restarts, last, running) = (0, 0L, (DateTimeOffset?)null, false);
        foreach (var container in status.Objects("containerStatuses").Reverse())
        {
            restarts += container.Number("restartCount") ?? 0;
            last = Later(last, container);
            var state = container.Object("state");
            if (state.Object("waiting").Text("reason") is { Length: > 0 } waiting)
            {
                reason = waiting;
            }
            else if (state.Object("terminated") is { } done)
            {
                reason = Ended(done);
            }
            else if (container.Flag("ready") && state.Object("running") is not null)
            {
                running = true;
                ready++;
            }
        }

        if (reason == "Completed" && running)
        {
            reason = Condition(status, "Ready") == "True" ? "Running" : "NotReady";
        }

        return new PodState(reason, ready, restarts, last);
    }

    private static PodState Deleting(JsonObject pod, JsonObject? status, PodState state)
    {
        if (pod.Object("metadata").Text("deletionTimestamp").Length == 0)
        {
            return state;
        }

        return status.Text("reason") == "NodeLost" ? state with { Reason = "Unknown" }
            : status.Text("phase") is "Succeeded" or "Failed" ? state
            : state with { Reason = "Terminating" };
    }

    private static string Ended(JsonObject done) =>
        done.Text("reason") is { Length: > 0 } reason ? reason
        : done.Number("signal") is { } signal and not 0 ? $"Signal:{signal}"
        : $"ExitCode:{done.Number("exitCode") ?? 0}";

    private static DateTimeOffset? Later(DateTimeOffset? last, JsonObject container)
    {
        var ended = RowAge.Parse(container.Object("lastState").Object("terminated").Text("finishedAt"));
        return last is null || ended > last ? ended ?? last : last;
    }
}
