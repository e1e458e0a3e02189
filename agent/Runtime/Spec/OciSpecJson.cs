using System.Buffers;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Agent.Runtime.Spec;

/// <summary>
/// A specification as JSON (config.json, version 1.0.2); what is null is left out. Written by hand: source-generated
/// JSON of so many records costs the agent's binary 0.2 MB.
/// </summary>
internal static class OciSpecJson
{
    public static byte[] Write(OciSpec spec)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", spec.OciVersion);
            Process(json, spec.Process);
            json.WriteStartObject("root");
            json.WriteString("path", spec.Root.Path);
            json.WriteBoolean("readonly", spec.Root.Readonly);
            json.WriteEndObject();
            Mounts(json, spec.Mounts);
            Linux(json, spec.Linux);
            if (spec.Hooks is { } hooks)
            {
                Hooks(json, hooks);
            }

            if (spec.Annotations is { } annotations)
            {
                json.WriteStartObject("annotations");
                foreach (var (key, value) in annotations)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void Process(Utf8JsonWriter json, OciProcess process)
    {
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", process.Terminal);
        json.WriteStartObject("user");
        json.WriteNumber("uid", process.User.Uid);
        json.WriteNumber("gid", process.User.Gid);
        if (process.User.AdditionalGids is { } groups)
        {
            json.WriteStartArray("additionalGids");
            foreach (var group in groups)
            {
                json.WriteNumberValue(group);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        Strings(json, "args", process.Args);
        Strings(json, "env", process.Env);
        json.WriteString("cwd", process.Cwd);
        if (process.Capabilities is { } capabilities)
        {
            json.WriteStartObject("capabilities");
            Strings(json, "bounding", capabilities.Bounding);
            Strings(json, "effective", capabilities.Effective);
            Strings(json, "permitted", capabilities.Permitted);
            json.WriteEndObject();
        }

        json.WriteBoolean("noNewPrivileges", process.NoNewPrivileges);
        json.WriteIfSet("oomScoreAdj", process.OomScoreAdj);
        json.WriteEndObject();
    }

    private static void Mounts(Utf8JsonWriter json, IReadOnlyList<OciMount> mounts)
    {
        json.WriteStartArray("mounts");
        foreach (var mount in mounts)
        {
            json.WriteStartObject();
            json.WriteString("destination", mount.Destination);
            json.WriteString("type", mount.Type);
            json.WriteString("source", mount.Source);
            Strings(json, "options", mount.Options);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Linux(Utf8JsonWriter json, OciLinux linux)
    {
        json.WriteStartObject("linux");
        json.WriteStartArray("namespaces");
        foreach (var one in linux.Namespaces)
        {
            json.WriteStartObject();
            json.WriteString("type", one.Type);
            json.WriteIfSet("path", one.Path);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Resources(json, linux.Resources);
        json.WriteString("cgroupsPath", linux.CgroupsPath);
        Strings(json, "maskedPaths", linux.MaskedPaths);
        Strings(json, "readonlyPaths", linux.ReadonlyPaths);
        if (linux.Devices is { } devices)
        {
            json.WriteStartArray("devices");
            foreach (var device in devices)
            {
                Device(json, device);
            }

            json.WriteEndArray();
        }

        json.WriteIfSet("rootfsPropagation", linux.RootfsPropagation);
        if (linux.Seccomp is { } seccomp)
        {
            Seccomp(json, seccomp);
        }

        if (linux.NetDevices is { } interfaces)
        {
            json.WriteStartObject("netDevices");
            foreach (var (host, device) in interfaces)
            {
                json.WriteStartObject(host);
                json.WriteString("name", device.Name);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (linux.IntelRdt is { } rdt)
        {
            IntelRdt(json, rdt);
        }

        json.WriteEndObject();
    }

    private static void IntelRdt(Utf8JsonWriter json, OciIntelRdt rdt)
    {
        json.WriteStartObject("intelRdt");
        json.WriteIfSet("closID", rdt.ClosId);
        if (rdt.Schemata is { } schemata)
        {
            Strings(json, "schemata", schemata);
        }

        json.WriteIfSet("l3CacheSchema", rdt.L3CacheSchema);
        json.WriteIfSet("memBwSchema", rdt.MemBwSchema);
        json.WriteIfSet("enableMonitoring", rdt.EnableMonitoring);
        json.WriteEndObject();
    }

    private static void Hooks(Utf8JsonWriter json, OciHooks hooks)
    {
        json.WriteStartObject("hooks");
        Hooks(json, "prestart", hooks.Prestart);
        Hooks(json, "createRuntime", hooks.CreateRuntime);
        Hooks(json, "createContainer", hooks.CreateContainer);
        Hooks(json, "startContainer", hooks.StartContainer);
        Hooks(json, "poststart", hooks.Poststart);
        Hooks(json, "poststop", hooks.Poststop);
        json.WriteEndObject();
    }

    private static void Hooks(Utf8JsonWriter json, string point, IReadOnlyList<OciHook>? hooks)
    {
        if (hooks is null)
        {
            return;
        }

        json.WriteStartArray(point);
        foreach (var hook in hooks)
        {
            json.WriteStartObject();
            json.WriteString("path", hook.Path);
            if (hook.Args is { } args)
            {
                Strings(json, "args", args);
            }

            if (hook.Env is { } env)
            {
                Strings(json, "env", env);
            }

            json.WriteIfSet("timeout", hook.Timeout);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Resources(Utf8JsonWriter json, OciResources resources)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        foreach (var rule in resources.Devices)
        {
            json.WriteStartObject();
            json.WriteBoolean("allow", rule.Allow);
            json.WriteString("access", rule.Access);
            json.WriteIfSet("type", rule.Type);
            json.WriteIfSet("major", rule.Major);
            json.WriteIfSet("minor", rule.Minor);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (resources.Memory is { } memory)
        {
            json.WriteStartObject("memory");
            json.WriteNumber("limit", memory.Limit);
            json.WriteIfSet("swap", memory.Swap);
            json.WriteEndObject();
        }

        if (resources.Cpu is { } cpu)
        {
            json.WriteStartObject("cpu");
            json.WriteNumber("shares", cpu.Shares);
            json.WriteIfSet("quota", cpu.Quota);
            json.WriteIfSet("period", (long?)cpu.Period);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Device(Utf8JsonWriter json, OciDevice device)
    {
        json.WriteStartObject();
        json.WriteString("path", device.Path);
        json.WriteString("type", device.Type);
        json.WriteNumber("major", device.Major);
        json.WriteNumber("minor", device.Minor);
        json.WriteIfSet("fileMode", device.FileMode);
        json.WriteIfSet("uid", device.Uid);
        json.WriteIfSet("gid", device.Gid);
        json.WriteEndObject();
    }

    private static void Seccomp(Utf8JsonWriter json, OciSeccomp seccomp)
    {
        json.WriteStartObject("seccomp");
        json.WriteString("defaultAction", seccomp.DefaultAction);
        json.WriteIfSet("defaultErrnoRet", seccomp.DefaultErrnoRet);
        if (seccomp.Architectures is { } architectures)
        {
            Strings(json, "architectures", architectures);
        }

        json.WriteStartArray("syscalls");
        foreach (var group in seccomp.Syscalls)
        {
            json.WriteStartObject();
            Strings(json, "names", group.Names);
            json.WriteString("action", group.Action);
            json.WriteIfSet("errnoRet", group.ErrnoRet);
            if (group.Args is { } conditions)
            {
                json.WriteStartArray("args");
                foreach (var condition in conditions)
                {
                    json.WriteStartObject();
                    json.WriteNumber("index", condition.Index);
                    json.WriteNumber("value", condition.Value);
                    json.WriteNumber("valueTwo", condition.ValueTwo);
                    json.WriteString("op", condition.Op);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
