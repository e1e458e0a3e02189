using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>What a CronJob must be besides what its description says.</summary>
internal static class CronJobRules
{
    /// <summary>Its jobs' names get 11 more letters and must stay a label.</summary>
    public const int MaxName = Names.MaxLabel - 11;

    /// <summary>Parts of time zone names in the IANA database are not longer.</summary>
    private const int MaxZonePart = 14;

    private static readonly string[] _concurrency = ["Allow", "Forbid", "Replace"];
    private static readonly string[] _manual = ["nil", "false"];

    public static void Check(JsonObject cronJob, JsonObject? old, FieldErrors errors)
    {
        var spec = cronJob.Object("spec") ?? [];
        var before = old.Object("spec");
        Schedule(spec, before, errors);
        if (spec["timeZone"] is { } zone && !JsonTree.Same(before?["timeZone"], zone))
        {
            TimeZone(zone, errors);
        }

        if (!_concurrency.Contains(spec.Text("concurrencyPolicy")))
        {
            errors.NotSupported("spec.concurrencyPolicy", spec["concurrencyPolicy"], _concurrency);
        }

        JobTemplate(
            spec.Object("jobTemplate").Object("spec") ?? [], before.Object("jobTemplate").Object("spec"), errors);
        var name = cronJob.Object("metadata").Text("name");
        if (old is null && name.Length > MaxName)
        {
            errors.Invalid("metadata.name", name, Names.TooLong(MaxName));
        }
    }

    private static void Schedule(JsonObject spec, JsonObject? before, FieldErrors errors)
    {
        const string path = "spec.schedule";
        var text = spec.Text("schedule");
        if (text.Length == 0)
        {
            // The description says that it is required.
            return;
        }

        if (text.Contains("TZ", StringComparison.Ordinal))
        {
            errors.Invalid(path, text, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        else if (CronSchedule.Parse(text, out var fault) is null && text != before.Text("schedule"))
        {
            errors.Invalid(path, text, fault);
        }
    }

    private static void TimeZone(JsonNode value, FieldErrors errors)
    {
        const string path = "spec.timeZone";
        var zone = JsonTree.AsText(value) ?? "";
        if (zone.Length == 0)
        {
            errors.Invalid(path, value, "timeZone must be nil or non-empty string");
        }
        else if (zone.Equals("Local", StringComparison.OrdinalIgnoreCase))
        {
            errors.Invalid(path, value,
                "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
        }
        else if (!zone.Split('/').All(IsZonePart) || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
        {
            errors.Invalid(path, value, $"unknown time zone {zone}");
        }
    }

    private static bool IsZonePart(string part) =>
        part.Length is > 0 and <= MaxZonePart && part is not ("." or "..") && part[0] != '-'
        && part.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '+');

    private static void JobTemplate(JsonObject spec, JsonObject? old, FieldErrors errors)
    {
        const string path = "spec.jobTemplate.spec";
        JobRules.Spec(spec, old, path, errors);
        if (spec["selector"] is { } selector)
        {
            errors.Invalid($"{path}.selector", selector, "`selector` will be auto-generated");
        }

        if (spec.Flag("manualSelector"))
        {
            errors.NotSupportedInOrder($"{path}.manualSelector", spec["manualSelector"], _manual);
        }
    }
}
