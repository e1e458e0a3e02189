using System.Buffers;
using System.Text.Json;
using Edge.Agent.Devices;
using Edge.Agent.Ledger;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Status;

/// <summary>
/// What a pod says of the devices that it was given: a condition, an event when that turns, and the status of each
/// container. What becomes of the pod is <see cref="DevicePlan"/>'s to say. Pure.
/// </summary>
internal static class DeviceStatusPlan
{
    /// <summary>Says what is wrong for as long as it is.</summary>
    public const string ConditionType = "edge/DevicesHealthy";

    /// <summary>Null where nothing was ever wrong: other pods do not speak of it.</summary>
    public static Condition? ConditionOf(PodView view)
    {
        var before = In(view.Record);
        if (view.Record.TerminalPhase is not null)
        {
            return before;
        }

        var unwell = DevicePlan.Unwell(view).ConvertAll(DevicePlan.Text);
        return unwell.Count > 0
            ? new Condition
            {
                Type = ConditionType, Status = "False", Reason = DevicePlan.Reason, Message = string.Join("; ", unwell),
            }
            : before is null ? null : new Condition { Type = ConditionType, Status = "True" };
    }

    /// <summary>What is to be told of it, when the condition is another now.</summary>
    public static (bool Warning, string Reason, string Message)? Change(PodRecord before, PodRecord now) =>
        (In(before), In(now)) switch
        {
            ({ } old, { } next) when old.Status == next.Status => null,
            (_, { Status: "False" } wrong) => (true, DevicePlan.Reason, wrong.Message ?? ""),
            (_, { Status: "True" }) => (false, "DeviceHealthy", "its devices are well again"),
            _ => null,
        };

    /// <summary>
    /// <c>allocatedResourcesStatus</c> of a container (KEP-4680); null of one without devices.
    /// </summary>
    public static JsonElement? HealthOf(PodView view, string container)
    {
        var own = new List<HeldDevice>();
        foreach (var device in view.Devices)
        {
            if (device.Container == container)
            {
                own.Add(device);
            }
        }

        return own.Count == 0 ? null : Json(own);
    }

    private static Condition? In(PodRecord record)
    {
        foreach (var known in record.Conditions)
        {
            if (known.Type == ConditionType)
            {
                return known;
            }
        }

        return null;
    }

    private static JsonElement Json(List<HeldDevice> devices)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            string? open = null;
            foreach (var device in devices)
            {
                // Those of a resource stand together.
                if (device.Resource != open)
                {
                    End(json, open);
                    json.WriteStartObject();
                    json.WriteString("name", open = device.Resource);
                    json.WriteStartArray("resources");
                }

                json.WriteStartObject();
                json.WriteString("resourceID", device.Id);
                json.WriteString("health", WordOf(device.State));
                json.WriteEndObject();
            }

            End(json, open);
            json.WriteEndArray();
        }

        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    private static void End(Utf8JsonWriter json, string? open)
    {
        if (open is not null)
        {
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private static string WordOf(DeviceState state) => state switch
    {
        DeviceState.Well => "Healthy",
        DeviceState.Broken => "Unhealthy",
        DeviceState.Unknown => "Unknown",
    };
}
