using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>Writes the Events that nodes send in their lossy lane: about themselves and their own pods only.</summary>
internal sealed class EventIntake(Objects objects, EventRecorder recorder, ILogger log)
{
    /// <summary>The lane's kind for Events.</summary>
    public const string LaneKind = "event";

    public async Task Take(string node, string kind, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (kind is not (LaneKind or "events") || Read(node, payload) is not { } said)
        {
            return;
        }

        if (!Concerns(said.InvolvedObject, node))
        {
            log.ReportRefused(node, "event", "it is about an object of another node");
            return;
        }

        var note = new EventNote(
            said.InvolvedObject, said.Type == EventNote.Warning ? EventNote.Warning : EventNote.Normal,
            said.Reason ?? "", said.Message ?? "");
        await recorder.Record(
            note, said.Source?.Component ?? "kubelet", node, Math.Clamp(said.Count ?? 1, 1, 1000), ct);
    }

    private bool Concerns(ObjectReference about, string node) => about.Kind switch
    {
        "Node" => about.Name == node,
        "Pod" => objects.Get(Resources.Pods, about.Namespace, about.Name ?? "")?.Spec.NodeName == node,
        _ => false,
    };

    private Event? Read(string node, ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload.Span, ModelJson.Default.Event);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            log.ReportRefused(node, "event", failure.Message);
            return null;
        }
    }
}
