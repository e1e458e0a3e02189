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

        if (About(said.InvolvedObject, node) is not { } about)
        {
            log.ReportRefused(node, "event", "it is about an object of another node");
            return;
        }

        // The recorder cuts the message.
        var note = new EventNote(
            about, said.Type == EventNote.Warning ? EventNote.Warning : EventNote.Normal,
            ReportScope.Cut(said.Reason), said.Message ?? "");
        await recorder.Record(
            note, ReportScope.Cut(said.Source?.Component ?? "kubelet"), node, Math.Clamp(said.Count ?? 1, 1, 1000), ct);
    }

    /// <summary>
    /// The object as we know it, or null when it is not the node's. A Node has no namespace, and so its Events stand in
    /// <c>default</c>; its uid is what the node calls itself, as from a kubelet.
    /// </summary>
    private ObjectReference? About(ObjectReference said, string node)
    {
        if (said.Kind == "Node" && said.Name == node)
        {
            return new ObjectReference
            {
                Kind = "Node", ApiVersion = "v1", Name = node, Uid = ReportScope.Cut(said.Uid),
            };
        }

        return said.Kind == "Pod" && objects.Get(Resources.Pods, said.Namespace, said.Name ?? "") is { } pod
            && pod.Spec.NodeName == node
            ? EventNote.Of(Resources.Pods, pod.Metadata) with
            {
                FieldPath = string.IsNullOrEmpty(said.FieldPath) ? null : ReportScope.Cut(said.FieldPath),
            }
            : null;
    }

    private Event? Read(string node, ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload.Span, ModelJson.Default.Event);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            log.ReportRefused(node, "event", ReportScope.Cut(failure.Message));
            return null;
        }
    }
}
