using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Event: stands in the namespace of what it is about; cluster objects use the default one.</summary>
internal static class EventRules
{
    public static void Check(JsonObject item, FieldErrors errors)
    {
        var own = item.Object("metadata").Text("namespace");
        var involved = item.Object("involvedObject").Text("namespace");
        var fits = involved.Length == 0 ? own is "" or "default" or "kube-system" : involved == own;
        if (!fits)
        {
            errors.Invalid("involvedObject.namespace", involved, "does not match event.namespace");
        }
    }
}
