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

    private const int ShapeNumbers = 8;

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
        json.WriteIfSet("driver", gpus.Driver);
        json.WriteIfSet("cuda", gpus.Cuda);
        json.WriteIfSet("machine", gpus.Machine);
        if (gpus.Problem is { } problem)
        {
            json.WriteStartObject("problem");
            json.WriteIfSet("reason", problem.Reason);
            json.WriteIfSet("message", problem.Message);
            json.WriteEndObject();
        }

        json.WriteIfSet("migStrategy", gpus.MigStrategy);
        json.WriteIfSet("givesOneShare", gpus.GivesOneShare ? true : null);
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
        json.WriteIfSet("uuid", device.Uuid);
        json.WriteIfSet("resource", device.Resource);
        json.WriteIfSet("shares", device.Shares);
        json.WriteIfSet("index", device.Index);
        json.WriteIfSet("minor", device.Minor);
        json.WriteIfSet("product", device.Product);
        json.WriteIfSet("bus", device.Bus);
        json.WriteIfSet("class", device.Class);
        json.WriteIfSet("numa", device.Numa);
        json.WriteIfSet("memoryBytes", device.MemoryBytes);
        json.WriteIfSet("sharesMemory", device.SharesMemory ? true : null);
        json.WriteIfSet("virtual", device.IsVirtual ? true : null);
        json.WriteIfSet("compute", device.Compute);
        json.WriteIfSet("migEnabled", device.MigEnabled);
        if (device.Instances.Count > 0)
        {
            json.WriteStartArray("instances");
            foreach (var instance in device.Instances)
            {
                json.WriteStartObject();
                json.WriteIfSet("uuid", instance.Uuid);
                json.WriteIfSet("profile", instance.Profile);
                json.WriteIfSet("resource", instance.Resource);
                json.WriteIfSet("shares", instance.Shares);
                json.WriteIfSet("gpuInstance", instance.GpuInstance);
                json.WriteIfSet("computeInstance", instance.ComputeInstance);
                json.WriteIfSet("memoryBytes", instance.MemoryBytes);
                Write(json, instance.Shape);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        Numbers(json, "distances", device.Distances);
        Numbers(json, "nvLinks", device.NvLinks);
        json.WriteIfSet("unhealthy", device.Unhealthy);
        if (readings && device.Readings is { } now)
        {
            Write(json, now);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, GpuReadings now)
    {
        json.WriteStartObject("readings");
        json.WriteIfSet("memoryUsedBytes", now.MemoryUsedBytes);
        json.WriteIfSet("memoryFreeBytes", now.MemoryFreeBytes);
        json.WriteIfSet("memoryReservedBytes", now.MemoryReservedBytes);
        json.WriteIfSet("load", now.Load);
        json.WriteIfSet("memoryLoad", now.MemoryLoad);
        json.WriteIfSet("celsius", now.Celsius);
        json.WriteIfSet("milliwatts", now.Milliwatts);
        json.WriteIfSet("limitMilliwatts", now.LimitMilliwatts);
        json.WriteIfSet("millijoules", now.Millijoules);
        json.WriteIfSet("ecc", now.Ecc);
        json.WriteIfSet("eccErrors", now.EccErrors);
        json.WriteIfSet("recovery", now.Recovery);
        json.WriteIfSet("smMegahertz", now.SmMegahertz);
        json.WriteIfSet("memoryMegahertz", now.MemoryMegahertz);
        json.WriteIfSet("memoryCelsius", now.MemoryCelsius);
        json.WriteIfSet("encoderLoad", now.EncoderLoad);
        json.WriteIfSet("decoderLoad", now.DecoderLoad);
        json.WriteIfSet("busReplays", now.BusReplays);
        json.WriteIfSet("correctedRows", now.CorrectedRows);
        json.WriteIfSet("uncorrectedRows", now.UncorrectedRows);
        json.WriteIfSet("failedRows", now.FailedRows);
        json.WriteIfSet("xid", now.Xid);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MigShape? shape)
    {
        if (shape is null)
        {
            return;
        }

        // In the order of nvmlDeviceAttributes_t; a machine may have more than fifty of these.
        Numbers(json, "shape",
        [
            shape.Multiprocessors, shape.CopyEngines, shape.Decoders, shape.Encoders, shape.JpegEngines,
            shape.OpticalFlowEngines, shape.GpuSlices, shape.ComputeSlices,
        ]);
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
        MigStrategy = Text(json, "migStrategy"),
        GivesOneShare = Flag(json, "givesOneShare") == true,
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
        Shares = Small(json, "shares"),
        GpuInstance = Small(json, "gpuInstance") ?? 0,
        ComputeInstance = Small(json, "computeInstance") ?? 0,
        MemoryBytes = Number(json, "memoryBytes"),
        Shape = Shape(List(json, "shape", ShapeNumbers, one => one.GetInt32())),
    };

    /// <summary>Null unless it is all there.</summary>
    private static MigShape? Shape(List<int> said) => said.Count < ShapeNumbers ? null : new MigShape
    {
        Multiprocessors = said[0],
        CopyEngines = said[1],
        Decoders = said[2],
        Encoders = said[3],
        JpegEngines = said[4],
        OpticalFlowEngines = said[5],
        GpuSlices = said[6],
        ComputeSlices = said[7],
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
        SmMegahertz = Small(json, "smMegahertz"),
        MemoryMegahertz = Small(json, "memoryMegahertz"),
        MemoryCelsius = Small(json, "memoryCelsius"),
        EncoderLoad = Small(json, "encoderLoad"),
        DecoderLoad = Small(json, "decoderLoad"),
        BusReplays = Small(json, "busReplays"),
        CorrectedRows = Small(json, "correctedRows"),
        UncorrectedRows = Small(json, "uncorrectedRows"),
        FailedRows = Small(json, "failedRows"),
        Xid = Number(json, "xid"),
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
