using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rows;

/// <summary>The lines of the kinds of batch/v1 in <c>kubectl get</c>.</summary>
internal static class BatchRow
{
    // In the order that decides when several hold; a job that is being deleted comes after its end.
    private static readonly string[] _ends = ["Complete", "Failed"];
    private static readonly string[] _states = ["Suspended", "FailureTarget", "SuccessCriteriaMet"];

    public static IReadOnlyList<JsonNode?> Job(JsonObject job, DateTimeOffset now)
    {
        var spec = job.Object("spec");
        var (names, images) = TemplateCells.Containers(spec.Object("template").Object("spec"));
        return
        [
            job.Object("metadata").Text("name"),
            Status(job),
            Completions(spec, job.Object("status").Number("succeeded") ?? 0),
            Duration(job.Object("status"), now),
            RowAge.Age(job, now),
            names,
            images,
            TemplateCells.Selector(spec.Object("selector")),
        ];
    }

    public static IReadOnlyList<JsonNode?> CronJob(JsonObject cronJob, DateTimeOffset now)
    {
        var spec = cronJob.Object("spec");
        var status = cronJob.Object("status");
        var job = spec.Object("jobTemplate").Object("spec");
        var (names, images) = TemplateCells.Containers(job.Object("template").Object("spec"));
        return
        [
            cronJob.Object("metadata").Text("name"),
            spec.Text("schedule"),
            spec?["timeZone"] is null ? "<none>" : spec.Text("timeZone"),
            spec?["suspend"] is null ? "<unset>" : spec.Flag("suspend") ? "True" : "False",
            status.Items("active").Count,
            status.Text("lastScheduleTime") is { Length: > 0 } last ? RowAge.Since(last, now) : "<none>",
            RowAge.Age(cronJob, now),
            names,
            images,
            TemplateCells.Selector(job.Object("selector")),
        ];
    }

    private static string Status(JsonObject job)
    {
        bool Holds(string type) => PodState.Condition(job.Object("status"), type) == "True";
        var deleted = job.Object("metadata").Text("deletionTimestamp").Length > 0;
        return _ends.FirstOrDefault(Holds)
            ?? (deleted ? "Terminating" : _states.FirstOrDefault(Holds) ?? "Running");
    }

    private static string Completions(JsonObject? spec, long succeeded)
    {
        if (spec.Number("completions") is { } wanted)
        {
            return $"{succeeded}/{wanted}";
        }

        return spec.Number("parallelism") is > 1 and var many ? $"{succeeded}/1 of {many}" : $"{succeeded}/1";
    }

    private static string Duration(JsonObject? status, DateTimeOffset now) =>
        RowAge.Parse(status.Text("startTime")) is { } start
            ? HumanDuration.Of((RowAge.Parse(status.Text("completionTime")) ?? now) - start)
            : "";
}
