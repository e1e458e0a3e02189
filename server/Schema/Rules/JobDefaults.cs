using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The defaults of a Job, which the job in a CronJob's template does not get.</summary>
internal static class JobDefaults
{
    private const int DefaultBackoffLimit = 6;

    public static void Fill(JsonObject job)
    {
        var spec = AppsDefaults.Template(job.Ensure("spec"));
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = 1;
        }

        spec["parallelism"] ??= 1;
        // Each index has its own limit then, so that the one of the whole job does not count.
        spec["backoffLimit"] ??= spec["backoffLimitPerIndex"] is null ? DefaultBackoffLimit : int.MaxValue;
        spec["completionMode"] ??= "NonIndexed";
        spec["suspend"] ??= false;
        spec["manualSelector"] ??= false;
        spec["podReplacementPolicy"] ??= spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed";
        Labels(job);
    }

    /// <summary>A job without labels has those of its pods.</summary>
    private static void Labels(JsonObject job)
    {
        var metadata = job.Ensure("metadata");
        var labels = job.Object("spec").Object("template").Object("metadata").Object("labels");
        if (labels is { Count: > 0 } && metadata.Object("labels") is null or { Count: 0 })
        {
            metadata["labels"] = labels.DeepClone();
        }
    }
}
