using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>
/// Event: stands in the namespace of what it is about; cluster objects use the default one. One that has eventTime is
/// of the newer kind, of which more is asked.
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
        var fits = involved.Length == 0 ? own is "" or "default" or "kube-system" : involved == own;
        if (!fits)
        {
            errors.Invalid("involvedObject.namespace", involved, "does not match event.namespace");
        }

        var newer = spoken.Group.Length > 0;
        if (item["eventTime"] is not null)
        {
            Newer(item, newer ? "reportingController" : "reportingComponent", errors);
        }
        else if (newer && isNew)
        {
            errors.Required("eventTime");
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

        if (item.Text("type") is not ("Normal" or "Warning"))
        {
            errors.Invalid("type", "", $"has invalid value: {item.Text("type")}");
        }
    }
}
