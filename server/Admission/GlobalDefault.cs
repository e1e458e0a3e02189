using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Admission;

/// <summary>The class of pods that name none: at most one.</summary>
internal static class GlobalDefault
{
    /// <summary>Null when there is none. The lowest, should two have been made at the same moment.</summary>
    public static PriorityClass? Find(Objects objects)
    {
        PriorityClass? lowest = null;
        foreach (var stored in objects.Store.Current.Range(Resources.PriorityClasses.Prefix()))
        {
            // Stored JSON is compact; most classes need not be read at all.
            if (stored.Value.Span.IndexOf("\"globalDefault\":true"u8) >= 0
                && objects.TryRead(Resources.PriorityClasses, stored) is { GlobalDefault: true } found
                && (lowest is null || found.Value < lowest.Value))
            {
                lowest = found;
            }
        }

        return lowest;
    }

    /// <summary>Null when the class may be stored, otherwise why it is forbidden.</summary>
    public static string? Refuse(Objects objects, JsonObject priority) =>
        priority.Flag("globalDefault") && Find(objects)?.Metadata.Name is { } name
            && name != priority.Object("metadata").Text("name")
            ? $"PriorityClass {name} is already marked as default. Only one default can exist"
            : null;
}
