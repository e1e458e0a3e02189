using System.Buffers;
using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>
/// JSON of <see cref="GpuInventory"/>, by hand: it is read in the agent, where each generated record costs the binary
/// tens of kilobytes. Nulls, empty lists and false are not written; fields that are not known are skipped.
/// </summary>
public static class GpuJson
{
    /// <summary>Of any text in it, characters.</summary>
    private const int TextMax = 256;

    /// <summary>Of one GPU: NVIDIA's have at most 7.</summary>
    private const int InstancesMax = 16;

    public static byte[] Bytes(GpuInventory gpus, bool readings = false, bool indented = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented }))
        {
            Write(json, gpus, readings);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">It is no inventory.</exception>
    public static GpuInventory Read(ReadOnlyMemory<byte> bytes)
    {
        using var json = JsonDocument.Parse(bytes);
        try
        {
            return Inventory(json.RootElement);
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or FormatException)
        {
            // Another type than the field has, or a number that does not fit.
            throw new JsonException(wrong.Message, wrong);
        }
    }

    private static void Write(Utf8JsonWriter json, GpuInventory gpus, bool readings)
    {
        json.WriteStartObject();
        Text(json, "driver", gpus.Driver);
        Text(json, "cuda", gpus.Cuda);
        Text(json, "machine", gpus.Machine);
        if (gpus.Problem is { } problem)
        {
            json.WriteStartObject("problem");
            Text(json, "reason", problem.Reason);
            Text(json, "message", problem.Message);
            json.WriteEndObject();
        }

        json.WriteStartArray("devices");
        foreach (var device in gpus.Devices)
        {
            Write(json, device, readings);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, GpuDevice device, bool readings)
    {
        json.WriteStartObject();
        Text(json, "uuid", device.Uuid);
        Text(json, "resource", device.Resource);
        Number(json, "shares", device.Shares);
        Number(json, "index", device.Index);
        Number(json, "minor", device.Minor);
        Text(json, "product", device.Product);
        Text(json, "bus", device.Bus);
        Text(json, "class", device.Class);
        Number(json, "numa", device.Numa);
        Number(json, "memoryBytes", device.MemoryBytes);
        Flag(json, "sharesMemory", device.SharesMemory ? true : null);
        Flag(json, "virtual", device.IsVirtual ? true : null);
        Text(json, "compute", device.Compute);
        Flag(json, "migEnabled", device.MigEnabled);
        if (device.Instances.Count > 0)
        {
            json.WriteStartArray("instances");
            foreach (var instance in device.Instances)
            {
                json.WriteStartObject();
                Text(json, "uuid", instance.Uuid);
                Text(json, "profile", instance.Profile);
                Text(json, "resource", instance.Resource);
                Number(json, "gpuInstance", instance.GpuInstance);
                Number(json, "computeInstance", instance.ComputeInstance);
                Number(json, "memoryBytes", instance.MemoryBytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Numbers(json, "distances", device.Distances);
        Numbers(json, "nvLinks", device.NvLinks);
        Text(json, "unhealthy", device.Unhealthy);
        if (readings && device.Readings is { } now)
        {
            Write(json, now);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, GpuReadings now)
    {
        json.WriteStartObject("readings");
        Number(json, "memoryUsedBytes", now.MemoryUsedBytes);
        Number(json, "memoryFreeBytes", now.MemoryFreeBytes);
        Number(json, "memoryReservedBytes", now.MemoryReservedBytes);
        Number(json, "load", now.Load);
        Number(json, "memoryLoad", now.MemoryLoad);
        Number(json, "celsius", now.Celsius);
        Number(json, "milliwatts", now.Milliwatts);
        Number(json, "limitMilliwatts", now.LimitMilliwatts);
        Number(json, "millijoules", now.Millijoules);
        Flag(json, "ecc", now.Ecc);
        Number(json, "eccErrors", now.EccErrors);
        Number(json, "recovery", now.Recovery);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Flag(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag)
        {
            json.WriteBoolean(name, flag);
        }
    }

    private static void Numbers(Utf8JsonWriter json, string name, IReadOnlyList<int> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    private static GpuInventory Inventory(JsonElement json) => new()
    {
        Driver = Text(json, "driver"),
        Cuda = Text(json, "cuda"),
        Machine = Text(json, "machine"),
        Problem = json.TryGetProperty("problem", out var problem)
            ? new GpuProblem(Text(problem, "reason") ?? "", Text(problem, "message") ?? "")
            : null,
        Devices = List(json, "devices", GpuInventory.DevicesMax, Device),
    };

    private static GpuDevice Device(JsonElement json) => new()
    {
        Uuid = Text(json, "uuid") is { Length: > 0 } uuid ? uuid : throw new JsonException("a GPU has no uuid"),
        Resource = Text(json, "resource"),
        Shares = Small(json, "shares"),
        Index = Small(json, "index") ?? 0,
        Minor = Small(json, "minor"),
        Product = Text(json, "product"),
        Bus = Text(json, "bus"),
        Class = Text(json, "class"),
        Numa = Small(json, "numa"),
        MemoryBytes = Number(json, "memoryBytes"),
        SharesMemory = Flag(json, "sharesMemory") == true,
        IsVirtual = Flag(json, "virtual") == true,
        Compute = Text(json, "compute"),
        MigEnabled = Flag(json, "migEnabled"),
        Instances = List(json, "instances", InstancesMax, Instance),
        Distances = List(json, "distances", GpuInventory.DevicesMax, one => one.GetInt32()),
        NvLinks = List(json, "nvLinks", GpuInventory.DevicesMax, one => one.GetInt32()),
        Unhealthy = Text(json, "unhealthy"),
        Readings = json.TryGetProperty("readings", out var readings) ? Readings(readings) : null,
    };

    private static MigInstance Instance(JsonElement json) => new()
    {
        Uuid = Text(json, "uuid") ?? "",
        Profile = Text(json, "profile") ?? "",
        Resource = Text(json, "resource"),
        GpuInstance = Small(json, "gpuInstance") ?? 0,
        ComputeInstance = Small(json, "computeInstance") ?? 0,
        MemoryBytes = Number(json, "memoryBytes"),
    };

    private static GpuReadings Readings(JsonElement json) => new()
    {
        MemoryUsedBytes = Number(json, "memoryUsedBytes"),
        MemoryFreeBytes = Number(json, "memoryFreeBytes"),
        MemoryReservedBytes = Number(json, "memoryReservedBytes"),
        Load = Small(json, "load"),
        MemoryLoad = Small(json, "memoryLoad"),
        Celsius = Small(json, "celsius"),
        Milliwatts = Number(json, "milliwatts"),
        LimitMilliwatts = Number(json, "limitMilliwatts"),
        Millijoules = Number(json, "millijoules"),
        Ecc = Flag(json, "ecc"),
        EccErrors = Number(json, "eccErrors"),
        Recovery = Small(json, "recovery"),
    };

    private static string? Text(JsonElement json, string name)
    {
        var text = json.TryGetProperty(name, out var field) ? field.GetString() : null;
        return text?.Length > TextMax ? throw new JsonException($"{name} is too long") : text;
    }

    private static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var field) ? field.GetInt64() : null;

    private static int? Small(JsonElement json, string name) =>
        json.TryGetProperty(name, out var field) ? field.GetInt32() : null;

    private static bool? Flag(JsonElement json, string name) =>
        json.TryGetProperty(name, out var field) ? field.GetBoolean() : null;

    private static List<T> List<T>(JsonElement json, string name, int most, Func<JsonElement, T> read)
    {
        if (!json.TryGetProperty(name, out var field) || field.GetArrayLength() is 0)
        {
            return [];
        }

        if (field.GetArrayLength() > most)
        {
            throw new JsonException($"{name} has more than {most} items");
        }

        var items = new List<T>(field.GetArrayLength());
        foreach (var item in field.EnumerateArray())
        {
            items.Add(read(item));
        }

        return items;
    }
}
