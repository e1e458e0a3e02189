using System.Text.Json;
using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Devices.Cdi;

/// <summary>The single edits of a specification, each checked as the specification says.</summary>
internal static class CdiEdits
{
    /// <summary>Longest name of a directory that resctrl is asked for.</summary>
    private const int ClosIdMax = 4095;

    private static readonly string[] s_hooks =
        ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    public static IReadOnlyList<string> Variables(CdiFields fields, string field)
    {
        var variables = fields.Texts(field);
        foreach (var variable in variables)
        {
            if (variable.IndexOf('=', StringComparison.Ordinal) <= 0)
            {
                throw fields.Broken(field, $"\"{variable}\" is not NAME=value");
            }
        }

        return variables;
    }

    public static EditedDevice DeviceNode(CdiFields fields)
    {
        var node = new EditedDevice(
            fields.Required("path"),
            fields.Text("hostPath"),
            fields.Text("type"),
            fields.Number("major", uint.MaxValue),
            fields.Number("minor", uint.MaxValue),
            (uint?)fields.Number("fileMode", uint.MaxValue),
            fields.Text("permissions"),
            (uint?)fields.Number("uid", uint.MaxValue),
            (uint?)fields.Number("gid", uint.MaxValue));
        if (node.Type is not (null or "b" or "c" or "u" or "p"))
        {
            throw fields.Broken("type", $"\"{node.Type}\" is not one of b, c, u, p");
        }

        if (node.Permissions is not (null or "none") && node.Permissions.AsSpan().IndexOfAnyExcept("rwm") >= 0)
        {
            throw fields.Broken("permissions", $"\"{node.Permissions}\" is neither none nor made of r, w and m");
        }

        fields.Done();
        return node;
    }

    public static IReadOnlyList<EditedNetDevice> NetDevices(CdiFields edits)
    {
        var devices = new List<EditedNetDevice>();
        foreach (var fields in edits.Items("netDevices"))
        {
            var device = new EditedNetDevice(fields.Required("hostInterfaceName"), fields.Required("name"));
            if (devices.Exists(other =>
                other.HostInterfaceName == device.HostInterfaceName || other.Name == device.Name))
            {
                throw fields.Broken("name", "an interface stands twice");
            }

            fields.Done();
            devices.Add(device);
        }

        return devices;
    }

    public static EditedMount Mount(CdiFields fields)
    {
        var mount = new EditedMount(
            fields.Required("hostPath"),
            fields.Required("containerPath"),
            fields.Text("type"),
            fields.Texts("options"));
        fields.Done();
        return mount;
    }

    public static EditedHook Hook(CdiFields fields)
    {
        var hook = new EditedHook(
            fields.Required("hookName"),
            fields.Required("path"),
            fields.Texts("args"),
            Variables(fields, "env"),
            (int?)fields.Number("timeout", int.MaxValue));
        fields.Done();
        return Array.IndexOf(s_hooks, hook.HookName) >= 0
            ? hook
            : throw fields.Broken("hookName", $"\"{hook.HookName}\" is no hook of the OCI runtime");
    }

    public static OciIntelRdt IntelRdt(CdiFields fields)
    {
        var rdt = new OciIntelRdt
        {
            ClosId = fields.Text("closID"),
            Schemata = fields.Has("schemata") ? fields.Texts("schemata") : null,
            L3CacheSchema = fields.Text("l3CacheSchema"),
            MemBwSchema = fields.Text("memBwSchema"),
            EnableMonitoring = fields.Flag("enableMonitoring"),
        };
        if (rdt.ClosId is { } id
            && (id is "." or ".." || id.Length > ClosIdMax || id.AsSpan().IndexOfAny('/', '\n') >= 0))
        {
            throw fields.Broken("closID", "it is no name of a directory");
        }

        // Of 0.7 and later withdrawn; what they asked for is read from the group by who wants it.
        fields.Flag("enableCMT");
        fields.Flag("enableMBM");
        fields.Done();
        return rdt;
    }

    public static IReadOnlyList<uint> Groups(CdiFields fields)
    {
        var groups = new List<uint>();
        foreach (var node in fields.List("additionalGids"))
        {
            groups.Add(node?.GetValueKind() == JsonValueKind.Number
                && node.AsValue().TryGetValue(out JsonElement number) && number.TryGetUInt32(out var gid)
                    ? gid
                    : throw fields.Broken("additionalGids", "numbers are needed"));
        }

        return groups;
    }
}
