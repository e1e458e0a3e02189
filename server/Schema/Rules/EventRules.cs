using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>
/// Event: stands in the namespace of what it is about; cluster objects use the default one. One that has eventTime is
/// of the newer kind, of which more is asked, and most when it is made as events.k8s.io.
/// </summary>
internal static class EventRules
{
    private const int MaxText = 128;
    private const int MaxMessage = 1024;

    /// <param name="item">As core/v1 has it.</param>
    /// <param name="spoken">The version of the request.</param>
    /// <param name="isNew">A create.</param>
    /// <param name="errors">Collects the causes.</param>
    public static void Check(JsonObject item, ResourceSchema spoken, bool isNew, FieldErrors errors)
    {
        var own = item.Object("metadata").Text("namespace");
        var involved = item.Object("involvedObject").Text("namespace");
        var isNewer = item["eventTime"] is not null;
        var fits = involved.Length == 0
            ? own is "" or "default" || (isNewer && own == "kube-system")
            : isNewer || involved == own;
        if (!fits)
        {
            errors.Invalid("involvedObject.namespace", involved, "does not match event.namespace");
        }

        var speaksNewer = spoken.Group.Length > 0;
        if (isNewer)
        {
            Newer(item, speaksNewer ? "reportingController" : "reportingComponent", errors);
        }
        else if (speaksNewer && isNew)
        {
            errors.Required("eventTime");
        }

        if (speaksNewer && isNew)
        {
            Strict(item, errors);
        }
    }

    private static void Strict(JsonObject item, FieldErrors errors)
    {
        if (item.Text("type") is not ("Normal" or "Warning"))
        {
            errors.Invalid("type", "", $"has invalid value: {item.Text("type")}");
        }

        foreach (var field in (string[])["firstTimestamp", "lastTimestamp"])
        {
            if (item[field] is not null)
            {
                errors.Invalid(field, "", "needs to be unset");
            }
        }

        if (item.Number("count") is not (null or 0))
        {
            errors.Invalid("count", "", "needs to be unset");
        }

        if (item.Object("source") is { Count: > 0 })
        {
            errors.Invalid("source", "", "needs to be unset");
        }

        if (item.Object("series") is { } series)
        {
            if ((series.Number("count") ?? 0) < 2)
            {
                errors.Invalid("series.count", "", "should be at least 2");
            }

            if (series["lastObservedTime"] is null)
            {
                errors.Required("series.lastObservedTime");
            }
        }
    }

    private static void Newer(JsonObject item, string controller, FieldErrors errors)
    {
        if (item.Text("reportingComponent") is { Length: > 0 } component)
        {
            errors.InvalidAll(controller, component, Names.Qualified(component));
        }
        else
        {
            errors.Required(controller);
        }

        foreach (var field in (string[])["reportingInstance", "action", "reason"])
        {
            var text = item.Text(field);
            if (text.Length == 0)
            {
                errors.Required(field);
            }
            else if (text.Length > MaxText)
            {
                errors.Invalid(field, "", $"can have at most {MaxText} characters");
            }
        }

        if (item.Text("message").Length > MaxMessage)
        {
            errors.Invalid("message", "", $"can have at most {MaxMessage} characters");
        }
    }
}
