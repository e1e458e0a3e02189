using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Store;

/// <summary>
/// What the metadata of any object says about its life, read without the rest of it: who it is, whether it is on its
/// way out, what holds it and whom it belongs to.
/// </summary>
internal sealed record ObjectHead(
    string Uid, bool IsBeingDeleted, IReadOnlyList<string> Finalizers, IReadOnlyList<OwnerReference> Owners)
{
    /// <summary>Also false when it has no metadata that can be read.</summary>
    public static bool IsMarked(StoredObject stored)
    {
        var reader = new Utf8JsonReader(stored.Value.Span);
        try
        {
            if (!FindMetadata(ref reader))
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var found = reader.ValueTextEquals("deletionTimestamp"u8);
                reader.Read();
                if (found)
                {
                    return reader.TokenType != JsonTokenType.Null;
                }

                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // As said above.
        }

        return false;
    }

    /// <summary>Null when it has no metadata that can be read. Takes as long as what stands before its end.</summary>
    public static ObjectHead? TryRead(StoredObject stored)
    {
        var reader = new Utf8JsonReader(stored.Value.Span);
        try
        {
            return FindMetadata(ref reader) ? ReadMetadata(ref reader) : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>
    /// True when nothing of the metadata changed: status and spec are what changes most, and this looks at no more
    /// than the bytes before them.
    /// </summary>
    public static bool IsSame(StoredObject old, StoredObject next)
    {
        var reader = new Utf8JsonReader(next.Value.Span);
        try
        {
            if (!FindMetadata(ref reader))
            {
                return false;
            }

            reader.Skip();
        }
        catch (JsonException)
        {
            return false;
        }

        var end = (int)reader.BytesConsumed;
        return old.Value.Length >= end && old.Value.Span[..end].SequenceEqual(next.Value.Span[..end]);
    }

    /// <summary>Moves to the start of the metadata.</summary>
    private static bool FindMetadata(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (found)
            {
                return reader.TokenType == JsonTokenType.StartObject;
            }

            reader.Skip();
        }

        return false;
    }

    private static ObjectHead ReadMetadata(ref Utf8JsonReader reader)
    {
        var uid = "";
        var isBeingDeleted = false;
        List<string>? finalizers = null;
        List<OwnerReference>? owners = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("uid"u8))
            {
                uid = NextText(ref reader);
            }
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
            {
                isBeingDeleted = NextText(ref reader).Length > 0;
            }
            else if (reader.ValueTextEquals("finalizers"u8))
            {
                finalizers = NextTexts(ref reader);
            }
            else if (reader.ValueTextEquals("ownerReferences"u8))
            {
                owners = NextOwners(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new ObjectHead(uid, isBeingDeleted, finalizers ?? [], owners ?? []);
    }

    /// <summary>The text that comes next; empty when it is something else.</summary>
    private static string NextText(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return reader.GetString()!;
        }

        reader.Skip();
        return "";
    }

    private static List<string> NextTexts(ref Utf8JsonReader reader)
    {
        List<string> texts = [];
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return texts;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                texts.Add(reader.GetString()!);
            }

            reader.Skip();
        }

        return texts;
    }

    private static List<OwnerReference> NextOwners(ref Utf8JsonReader reader)
    {
        List<OwnerReference> owners = [];
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return owners;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                owners.Add(ReadOwner(ref reader));
            }

            reader.Skip();
        }

        return owners;
    }

    private static OwnerReference ReadOwner(ref Utf8JsonReader reader)
    {
        string apiVersion = "", kind = "", name = "", uid = "";
        bool? blocks = null, controls = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("apiVersion"u8))
            {
                apiVersion = NextText(ref reader);
            }
            else if (reader.ValueTextEquals("kind"u8))
            {
                kind = NextText(ref reader);
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                name = NextText(ref reader);
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                uid = NextText(ref reader);
            }
            else if (reader.ValueTextEquals("blockOwnerDeletion"u8))
            {
                blocks = NextFlag(ref reader);
            }
            else if (reader.ValueTextEquals("controller"u8))
            {
                controls = NextFlag(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new OwnerReference
        {
            ApiVersion = apiVersion, Kind = kind, Name = name, Uid = uid, BlockOwnerDeletion = blocks,
            Controller = controls,
        };
    }

    private static bool NextFlag(ref Utf8JsonReader reader)
    {
        reader.Read();
        var flag = reader.TokenType == JsonTokenType.True;
        reader.Skip();
        return flag;
    }
}
