using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>
/// Labels and selector that keep the pods of one job apart from all others (batch/v1 JobSpec.manualSelector). Labels
/// that somebody set stay; validation refuses them when they are not the expected ones.
/// </summary>
internal static class JobSelector
{
    public const string UidLabel = "batch.kubernetes.io/controller-uid";
    public const string NameLabel = "batch.kubernetes.io/job-name";
    public const string OldUidLabel = "controller-uid";
    public const string OldNameLabel = "job-name";

    /// <summary>In place; the job has its name and UID.</summary>
    public static void Generate(JsonObject job)
    {
        var spec = job.Ensure("spec");
        if (spec.Flag("manualSelector"))
        {
            return;
        }

        var labels = spec.Ensure("template").Ensure("metadata").Ensure("labels");
        foreach (var (label, value) in Expected(job))
        {
            labels[label] ??= value;
        }

        spec.Ensure("selector").Ensure("matchLabels")[UidLabel] ??= job.Object("metadata").Text("uid");
    }

    /// <summary>The labels that the pods of a job have.</summary>
    public static IReadOnlyList<(string Label, string Value)> Expected(JsonObject job)
    {
        var metadata = job.Object("metadata");
        var (name, uid) = (metadata.Text("name"), metadata.Text("uid"));
        return [(OldUidLabel, uid), (OldNameLabel, name), (UidLabel, uid), (NameLabel, name)];
    }
}
