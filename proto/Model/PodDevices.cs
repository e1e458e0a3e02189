using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>
/// The devices that a pod's containers were given, one by one, as an annotation of the pod: the scheduler writes it
/// when it binds the pod, the agent keeps it in its ledger. By container, then by resource, the devices' ids.
/// </summary>
public sealed record PodDevices(
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>> Containers)
{
    /// <summary>Only the scheduler writes it.</summary>
    public const string Annotation = "edge/devices";

    /// <summary>Of one pod: every device of the largest node, in each of several containers.</summary>
    private const int IdsMax = 1024;

    public static PodDevices None { get; } =
        new(new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>());

    /// <summary>Every id as often as containers have it.</summary>
    public IEnumerable<string> Ids
    {
        get
        {
            foreach (var (_, resources) in Containers)
            {
                foreach (var (_, ids) in resources)
                {
                    foreach (var id in ids)
                    {
                        yield return id;
                    }
                }
            }
        }
    }

    /// <exception cref="JsonException">It is no such text.</exception>
    public static PodDevices Read(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return Read(json.RootElement);
        }
        catch (InvalidOperationException wrong)
        {
            // Another type than the field has.
            throw new JsonException(wrong.Message, wrong);
        }
    }

    /// <summary>The annotation's value.</summary>
    public override string ToString()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (container, resources) in Containers)
            {
                json.WriteStartObject(container);
                foreach (var (resource, ids) in resources)
                {
                    json.WriteStartArray(resource);
                    foreach (var id in ids)
                    {
                        json.WriteStringValue(id);
                    }

                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static PodDevices Read(JsonElement json)
    {
        var containers = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>();
        var count = 0;
        foreach (var container in json.EnumerateObject())
        {
            var resources = new Dictionary<string, IReadOnlyList<string>>();
            foreach (var resource in container.Value.EnumerateObject())
            {
                var ids = new List<string>();
                foreach (var id in resource.Value.EnumerateArray())
                {
                    ids.Add(id.GetString() ?? throw new JsonException($"a device of {container.Name} has no id"));
                    count++;
                }

                resources[resource.Name] = ids;
            }

            containers[container.Name] = resources;
        }

        return count <= IdsMax
            ? new PodDevices(containers)
            : throw new JsonException($"more than {IdsMax} devices for one pod");
    }
}
