using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Store;

/// <summary>One thing worth telling about an object.</summary>
internal sealed record EventNote(ObjectReference About, string Type, string Reason, string Message)
{
    public const string Normal = "Normal";
    public const string Warning = "Warning";

    public static ObjectReference Of<T>(ResourceKind<T> kind, ObjectMeta meta) => new()
    {
        Kind = kind.Kind,
        ApiVersion = kind.ApiVersion,
        Namespace = meta.Namespace,
        Name = meta.Name,
        Uid = meta.Uid,
    };
}

/// <summary>
/// Writes Events. Their names begin with the time, as in Kubernetes, so that those of one second are listed in their
/// order, and end with what they say: the same thing said again raises the count of the first one, and nothing is
/// remembered here. A namespace that is gone or on its way out takes no new ones.
/// </summary>
internal sealed class EventRecorder(Objects objects, TimeProvider time)
{
    /// <summary>Kubernetes' limit of an event's message; longer ones are cut.</summary>
    private const int MessageMax = 1024;

    private const int NanosecondsPerTick = 100;

    /// <summary>
    /// How many Events about one object are looked through for one that says the same. A set of a thousand pods tells
    /// of each of them: to look through all would take the square of that.
    /// </summary>
    private const int NewestMax = 64;

    /// <param name="note">What happened.</param>
    /// <param name="component">Who says it, such as <c>default-scheduler</c>.</param>
    /// <param name="host">The node it was seen on, or null.</param>
    /// <param name="times">How often it happened since the last call.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task Record(EventNote note, string component, string? host, int times, CancellationToken ct)
    {
        var message = note.Message.Length > MessageMax ? note.Message[..(MessageMax - 3)] + "..." : note.Message;
        var ns = string.IsNullOrEmpty(note.About.Namespace) ? "default" : note.About.Namespace;
        var fingerprint = Fingerprint(note, message, component, host);
        var now = time.GetUtcNow();
        var moment = ((now - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick).ToString("x16");
        // With the digit that all times of these decades begin with: "web." begins names about "web.x" as well.
        if (Find(ns, $"{note.About.Name}.{moment[0]}", fingerprint) is { } said
            && await Repeat(ns, said, times, now, ct))
        {
            return;
        }

        var name = $"{note.About.Name}.{moment}{fingerprint}";

        // Overtaken is dropped: an event is not worth another try in a namespace that changes this very moment.
        if (objects.OpenNamespace(ns) is not { } open)
        {
            return;
        }

        var created = await objects.Create(Resources.Events, new Event
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = name },
            InvolvedObject = note.About,
            Type = note.Type,
            Reason = note.Reason,
            Message = message,
            Source = new EventSource { Component = component, Host = host },
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = times,
            ReportingComponent = component,
            ReportingInstance = host ?? "",
        }, [open], ct);
        if (created == CreateOutcome.AlreadyExists)
        {
            await Repeat(ns, name, times, now, ct);
        }
    }

    /// <summary>The name of the Event that says this already; looks at the keys of the newest ones alone.</summary>
    private string? Find(string ns, string prefix, string fingerprint)
    {
        var all = Resources.Events.Prefix(ns);
        foreach (var stored in objects.Store.Current.Last(all + prefix, NewestMax))
        {
            if (stored.Key.EndsWith(fingerprint, StringComparison.Ordinal))
            {
                return stored.Key[all.Length..];
            }
        }

        return null;
    }

    private async Task<bool> Repeat(string ns, string name, int times, DateTimeOffset now, CancellationToken ct)
    {
        var outcome = await objects.Update(Resources.Events, ns, name, stored =>
        {
            stored["count"] = (stored["count"]?.GetValue<int>() ?? 1) + times;
            stored["lastTimestamp"] = JsonValue.Create(TimeJson.Text(now));
            return stored;
        }, ct);
        return outcome is not UpdateOutcome.Missing;
    }

    private static string Fingerprint(EventNote note, string message, string component, string? host)
    {
        var text = string.Join('\n', note.About.Kind, note.About.Uid, note.About.FieldPath, note.Type, note.Reason,
            message, component, host);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
    }
}
