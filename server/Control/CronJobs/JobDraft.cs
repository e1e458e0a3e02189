using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Control.CronJobs;

/// <summary>The Jobs that a CronJob makes, as a create through the API would have stored them.</summary>
internal static class JobDraft
{
    private const string TimeAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    private static readonly ResourceSchema s_schema = SchemaCatalog.Default.Find("batch", "v1", "jobs")!;

    /// <summary>One name for one time of the schedule, so that no time can be used twice.</summary>
    public static string NameOf(CronJob cronJob, DateTimeOffset due) =>
        $"{cronJob.Metadata.Name}-{(due.ToUnixTimeSeconds() / 60).ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Null with a fault, as upstream's clients see it, when the template makes no valid Job.</summary>
    public static JsonObject? Of(
        CronJobState state, DateTimeOffset due, string uid, DateTimeOffset now, out string fault)
    {
        var (meta, template) = (state.CronJob.Metadata, state.CronJob.Spec.JobTemplate);
        var name = NameOf(state.CronJob, due);
        var annotations = Copy(template.Metadata.Annotations);
        annotations[TimeAnnotation] = Local(state, due);
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = meta.Namespace,
            ["uid"] = uid,
            ["creationTimestamp"] = TimeJson.Text(now),
            ["generation"] = 1,
            ["annotations"] = annotations,
            ["ownerReferences"] = new JsonArray(Owners.Reference(Resources.CronJobs, meta)),
        };
        if (Copy(template.Metadata.Labels) is { Count: > 0 } labels)
        {
            metadata["labels"] = labels;
        }

        var job = new JsonObject
        {
            ["apiVersion"] = s_schema.ApiVersion,
            ["kind"] = s_schema.Kind,
            ["metadata"] = metadata,
            ["spec"] = template.Spec is { } spec ? JsonObject.Create(spec)!.DeepClone() : new JsonObject(),
        };
        ObjectStrategy.PrepareForCreate(s_schema, job);
        ObjectDefaults.Fill(s_schema, job);
        var errors = ObjectValidation.Check(s_schema, job);
        fault = errors.Count == 0 ? "" : FieldError.Summary(s_schema.Kind, name, errors);
        return errors.Count == 0 ? job : null;
    }

    /// <summary>The time as the named zone's clocks show it; in UTC where none is named.</summary>
    private static string Local(CronJobState state, DateTimeOffset due)
    {
        var time = state is { CronJob.Spec.TimeZone: not null, Zone: { } zone }
            ? TimeZoneInfo.ConvertTime(due, zone)
            : due.ToUniversalTime();
        return time.ToString(
            time.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz",
            CultureInfo.InvariantCulture);
    }

    private static JsonObject Copy(IReadOnlyDictionary<string, string>? values) =>
        new((values ?? new Dictionary<string, string>())
            .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
