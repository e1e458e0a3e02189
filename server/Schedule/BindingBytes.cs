using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>
/// Binds a stored pod by writing into its bytes, without a tree: most pods are bound once, right after they were made,
/// and look alike. What looks otherwise is left to <see cref="Binding"/>.
/// </summary>
internal static class BindingBytes
{
    /// <summary>The bound pod; null when it is not plainly a pod that waits, or was refused before.</summary>
    public static byte[]? Splice(ReadOnlySpan<byte> pod, string uid, string node, DateTimeOffset now)
    {
        if (Find(pod, uid) is not { } places)
        {
            return null;
        }

        var quoted = JsonEncodedText.Encode(node, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        var output = new ArrayBufferWriter<byte>(pod.Length + quoted.Length + 192);
        output.Write(pod[..places.SpecStart]);
        output.Write("\"nodeName\":\""u8);
        output.Write(quoted);
        output.Write(pod[places.SpecStart] == (byte)'}' ? "\""u8 : "\","u8);
        output.Write(pod[places.SpecStart..places.ConditionEnd]);
        WriteCondition(output, pod[places.ConditionEnd - 1], places.Open, now);
        output.Write(places.Close);
        output.Write(pod[places.ConditionEnd..]);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// One walk: right after the spec's brace goes the node; at ConditionEnd, between what opens and closes, goes the
    /// condition.
    /// </summary>
    private static Places? Find(ReadOnlySpan<byte> pod, string uid)
    {
        var reader = new Utf8JsonReader(pod);
        reader.Read();
        var (specStart, conditionEnd, isSame) = (0, 0, false);
        var shape = Shape.NoStatus;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                if (!IsWanted(ref reader, uid, ref isSame))
                {
                    return null;
                }
            }
            else if (reader.ValueTextEquals("spec"u8))
            {
                reader.Read();
                specStart = (int)reader.BytesConsumed;
                if (!IsUnbound(ref reader))
                {
                    return null;
                }
            }
            else if (reader.ValueTextEquals("status"u8))
            {
                if (!FindConditions(ref reader, pod, ref conditionEnd, ref shape))
                {
                    return null;
                }
            }
            else
            {
                reader.Skip();
            }
        }

        if (specStart == 0 || !isSame || (shape != Shape.NoStatus && conditionEnd < specStart))
        {
            return null;
        }

        return new Places(specStart, shape == Shape.NoStatus ? (int)reader.TokenStartIndex : conditionEnd, shape);
    }

    private static bool IsWanted(ref Utf8JsonReader reader, string uid, ref bool isSame)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                return false;
            }

            var isUid = reader.ValueTextEquals("uid"u8);
            reader.Read();
            isSame |= isUid && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(uid);
            reader.Skip();
        }

        return true;
    }

    private static bool IsUnbound(ref Utf8JsonReader reader)
    {
        while (reader.TokenType == JsonTokenType.StartObject && reader.Read()
            && reader.TokenType == JsonTokenType.PropertyName || reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("nodeName"u8))
            {
                return false;
            }

            reader.Skip();
            reader.Read();
        }

        return reader.TokenType == JsonTokenType.EndObject;
    }

    private static bool FindConditions(
        ref Utf8JsonReader reader, ReadOnlySpan<byte> pod, ref int end, ref Shape shape)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        shape = Shape.NoConditions;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("conditions"u8))
            {
                reader.Skip();
                continue;
            }

            reader.Read();
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                return false;
            }

            reader.Skip();
            end = (int)reader.TokenStartIndex;
            shape = Shape.Conditions;
            if (pod[start..end].IndexOf("\"PodScheduled\""u8) >= 0)
            {
                return false;
            }
        }

        end = shape == Shape.NoConditions ? (int)reader.TokenStartIndex : end;
        return true;
    }

    private static void WriteCondition(
        ArrayBufferWriter<byte> output, byte before, ReadOnlySpan<byte> open, DateTimeOffset now)
    {
        output.Write(before is (byte)'{' or (byte)'[' ? ""u8 : ","u8);
        output.Write(open);
        output.Write("{\"lastProbeTime\":null,\"lastTransitionTime\":\""u8);
        var time = output.GetSpan(32);
        now.UtcDateTime.TryFormat(time, out var written, TimeJson.Format, CultureInfo.InvariantCulture);
        output.Advance(written);
        output.Write("\",\"status\":\"True\",\"type\":\"PodScheduled\"}"u8);
    }

    private enum Shape
    {
        NoStatus,
        NoConditions,
        Conditions,
    }

    private readonly record struct Places(int SpecStart, int ConditionEnd, Shape Shape)
    {
        public ReadOnlySpan<byte> Open => Shape switch
        {
            Shape.NoStatus => "\"status\":{\"conditions\":["u8,
            Shape.NoConditions => "\"conditions\":["u8,
            Shape.Conditions => ""u8,
        };

        public ReadOnlySpan<byte> Close => Shape switch
        {
            Shape.NoStatus => "]}"u8,
            Shape.NoConditions => "]"u8,
            Shape.Conditions => ""u8,
        };
    }
}
