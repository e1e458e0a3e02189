using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// The text of a file → its specification, strictly: an unknown field, a name that cannot be, a version that does not
/// have what the file uses, make the whole file invalid. Pure.
/// </summary>
internal sealed class CdiReader
{
    private string _needed = CdiVersions.Base;

    private CdiReader()
    {
    }

    /// <exception cref="CdiException">It is none; the message names the field.</exception>
    public static CdiSpec Read(string text)
    {
        try
        {
            return YamlTree.Read(text) is [var tree]
                ? new CdiReader().Spec(new CdiFields(tree, ""))
                : throw new CdiException("the file: one document is needed");
        }
        catch (FormatException broken)
        {
            throw new CdiException(broken.Message);
        }
    }

    private CdiSpec Spec(CdiFields fields)
    {
        var version = fields.Required("cdiVersion");
        if (!CdiVersions.IsReleased(version))
        {
            throw fields.Broken("cdiVersion", $"version {version} is not known");
        }

        var kind = fields.Required("kind");
        if (kind.Split('/') is not [var vendor, var type] || !CdiNames.IsVendor(vendor) || !CdiNames.IsClass(type))
        {
            throw fields.Broken("kind", $"\"{kind}\" is not vendor/class");
        }

        Needs("0.6.0", fields.Has("annotations") || type.Contains('.', StringComparison.Ordinal));
        fields.Annotations();
        var edits = Edits(fields.Inner("containerEdits"));
        var devices = Devices(fields);
        fields.Done();
        return CdiVersions.Later(version, _needed) == version
            ? new CdiSpec(kind, devices, edits)
            : throw fields.Broken("cdiVersion", $"what the file has came with version {_needed}, not {version}");
    }

    private List<CdiDevice> Devices(CdiFields spec)
    {
        var devices = new List<CdiDevice>();
        foreach (var fields in spec.Items("devices"))
        {
            var name = fields.Required("name");
            if (!CdiNames.IsDevice(name) || devices.Exists(other => other.Name == name))
            {
                throw fields.Broken("name", $"\"{name}\" is no name, or stands twice");
            }

            Needs("0.5.0", char.IsAsciiDigit(name[0]));
            Needs("0.6.0", fields.Has("annotations"));
            fields.Annotations();
            var edits = Edits(fields.Inner("containerEdits"));
            fields.Done();
            devices.Add(edits.IsEmpty
                ? throw fields.Broken("containerEdits", "a device must change something")
                : new CdiDevice(name, edits));
        }

        return devices.Count > 0 ? devices : throw spec.Broken("devices", "there must be one");
    }

    private ContainerEdits Edits(CdiFields? fields)
    {
        if (fields is null)
        {
            return ContainerEdits.None;
        }

        Needs("0.7.0", fields.Has("intelRdt") || fields.Has("additionalGids"));
        Needs("1.1.0", fields.Has("netDevices"));
        var edits = new ContainerEdits
        {
            Env = CdiEdits.Variables(fields, "env"),
            DeviceNodes = [.. fields.Items("deviceNodes").Select(DeviceNode)],
            NetDevices = CdiEdits.NetDevices(fields),
            Mounts = [.. fields.Items("mounts").Select(Mount)],
            Hooks = [.. fields.Items("hooks").Select(CdiEdits.Hook)],
            IntelRdt = fields.Inner("intelRdt") is { } rdt ? IntelRdt(rdt) : null,
            AdditionalGids = CdiEdits.Groups(fields),
        };
        fields.Done();
        return edits;
    }

    private EditedDevice DeviceNode(CdiFields fields)
    {
        Needs("0.5.0", fields.Has("hostPath"));
        return CdiEdits.DeviceNode(fields);
    }

    private EditedMount Mount(CdiFields fields)
    {
        Needs("0.4.0", fields.Has("type"));
        return CdiEdits.Mount(fields);
    }

    private OciIntelRdt IntelRdt(CdiFields fields)
    {
        Needs("1.1.0", fields.Has("schemata") || fields.Has("enableMonitoring"));
        return CdiEdits.IntelRdt(fields);
    }

    private void Needs(string version, bool used)
    {
        if (used)
        {
            _needed = CdiVersions.Later(_needed, version);
        }
    }
}
