using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// Reads stored pods without making records of them: one walk over the bytes, and what equal pods share is found by the
/// digest of the bytes that say it. Not thread-safe; the loop owns it.
/// </summary>
internal sealed class PodReader(ILogger log)
{
    private readonly SharedDemands _demands = new();
    private readonly ArrayBufferWriter<byte> _said = new(4096);

    /// <summary>Null when the object is not a pod that we can read.</summary>
    public PodFacts? Read(StoredObject stored)
    {
        try
        {
            return Walk(stored);
        }
#pragma warning disable CA1031 // Whatever one object makes the reading throw must not end the placing of others.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            log.PodUnreadable(fault, stored.Key);
            return null;
        }
    }

    private PodFacts? Walk(StoredObject stored)
    {
        var found = new Found();
        _said.ResetWrittenCount();
        var reader = new Utf8JsonReader(stored.Value.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                ReadMetadata(ref reader, stored.Value.Span, ref found);
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                ReadSpec(ref reader, stored.Value.Span, ref found);
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                ReadStatus(ref reader, stored.Value.Span, ref found);
            }
            else
            {
                reader.Skip();
            }
        }

        return DemandOf(stored, found) is { } demand ? found.With(stored, demand) : null;
    }

    private PodDemand? DemandOf(StoredObject stored, in Found found)
    {
        var spec = _said.WrittenCount;
        Encoding.UTF8.GetBytes(found.Namespace, _said);
        _said.Write("/"u8);
        _said.Write(found.LabelBytes);
        var key = Digest(_said.WrittenSpan);
        if (_demands.Find(key) is { } known)
        {
            return known;
        }

        return Objects.TryRead(Resources.Pods, stored, log) is { } pod
            ? _demands.Add(key, Digest(_said.WrittenSpan[..spec]), pod)
            : null;
    }

    private static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return BitConverter.ToUInt128(hash);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, ReadOnlySpan<byte> all, ref Found found)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                found.Name = Text(ref reader);
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                found.Namespace = Text(ref reader);
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                found.Uid = Text(ref reader);
            }
            else if (reader.ValueTextEquals("generation"u8))
            {
                reader.Read();
                found.Generation = reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : 0;
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                reader.Read();
                found.IsTerminating = reader.TokenType != JsonTokenType.Null;
            }
            else if (reader.ValueTextEquals("labels"u8))
            {
                found.LabelBytes = Raw(ref reader, all);
            }
            else if (reader.ValueTextEquals("annotations"u8))
            {
                ReadAnnotations(ref reader, ref found);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadAnnotations(ref Utf8JsonReader reader, ref Found found)
    {
        reader.Read();
        while (reader.TokenType != JsonTokenType.Null && reader.Read()
            && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(PodDevices.Annotation))
            {
                found.Devices = [.. PodDevices.Read(Text(ref reader)).Ids];
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadSpec(ref Utf8JsonReader reader, ReadOnlySpan<byte> all, ref Found found)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.ValueTextEquals("nodeName"u8))
            {
                found.Node = Text(ref reader);
            }
            else if (reader.ValueTextEquals("schedulerName"u8))
            {
                var name = Text(ref reader);
                found.IsAnothers = name.Length > 0 && name != SchedulerLoop.Name;
            }
            else if (reader.ValueTextEquals("schedulingGates"u8))
            {
                found.IsHeld = Raw(ref reader, all).Length > "[ ]".Length;
            }
            else if (Matters(reader))
            {
                reader.Skip();
                _said.Write(all[start..(int)reader.BytesConsumed]);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>Whether <see cref="SpecDemand"/> reads the field.</summary>
    private static bool Matters(in Utf8JsonReader name) =>
        name.ValueTextEquals("containers"u8) || name.ValueTextEquals("initContainers"u8)
        || name.ValueTextEquals("resources"u8) || name.ValueTextEquals("overhead"u8)
        || name.ValueTextEquals("hostNetwork"u8) || name.ValueTextEquals("nodeSelector"u8)
        || name.ValueTextEquals("affinity"u8) || name.ValueTextEquals("tolerations"u8)
        || name.ValueTextEquals("topologySpreadConstraints"u8) || name.ValueTextEquals("priority"u8)
        || name.ValueTextEquals("preemptionPolicy"u8);

    private static void ReadStatus(ref Utf8JsonReader reader, ReadOnlySpan<byte> all, ref Found found)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        while (reader.TokenType == JsonTokenType.StartObject && reader.Read()
            && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("phase"u8))
            {
                reader.Read();
                found.IsFinished = reader.TokenType == JsonTokenType.String
                    && (reader.ValueTextEquals("Succeeded"u8) || reader.ValueTextEquals("Failed"u8));
            }
            else if (reader.ValueTextEquals("nominatedNodeName"u8))
            {
                found.NominatedNode = Text(ref reader);
            }
            else if (reader.ValueTextEquals("startTime"u8))
            {
                reader.Read();
                found.Started = reader.TokenType == JsonTokenType.String
                    ? reader.GetDateTimeOffset().ToUnixTimeSeconds()
                    : 0;
            }
            else
            {
                reader.Skip();
            }
        }

        found.IsPreempted = found.IsTerminating
            && all[start..(int)reader.BytesConsumed].IndexOf("\"PreemptionByScheduler\""u8) >= 0;
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString() ?? "";
    }

    private static ReadOnlySpan<byte> Raw(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> all)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return all[start..(int)reader.BytesConsumed];
    }

    private ref struct Found()
    {
        public string Name = "";
        public string Namespace = "";
        public string Uid = "";
        public string Node = "";
        public string NominatedNode = "";
        public long Generation;
        public long Started;
        public bool IsTerminating;
        public bool IsPreempted;
        public bool IsFinished;
        public bool IsAnothers;
        public bool IsHeld;
        public ReadOnlySpan<byte> LabelBytes;
        public IReadOnlyList<string> Devices = [];

        public readonly PodFacts With(StoredObject stored, PodDemand demand) => new()
        {
            Key = stored.Key,
            Revision = stored.Revision,
            Name = Name,
            Uid = Uid,
            Generation = Generation,
            Demand = demand,
            Node = Node.Length == 0 ? null : Node,
            NominatedNode = NominatedNode.Length == 0 ? null : NominatedNode,
            IsFinished = IsFinished,
            IsTerminating = IsTerminating,
            IsPreempted = IsPreempted,
            Started = Started,
            Devices = Devices,
            IsOurs = Node.Length == 0 && !IsTerminating && !IsFinished && !IsAnothers && !IsHeld,
        };
    }
}
