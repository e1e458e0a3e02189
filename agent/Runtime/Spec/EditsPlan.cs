using System.Diagnostics;

namespace Edge.Agent.Runtime.Spec;

/// <summary>
/// Specification and edits → specification, in the order and with the replacements that the Container Device Interface
/// says (SPEC.md, "OCI Edits"). Pure but for the host's device nodes: <c>host</c> says what lies at a path, null when
/// there is no device.
/// </summary>
internal static class EditsPlan
{
    private const string NoPermissions = "none";

    /// <exception cref="RuntimeException">A device is not there, or is not what the edits say.</exception>
    public static OciSpec Apply(OciSpec spec, ContainerEdits edits, Func<string, OciDevice?> host)
    {
        var process = spec.Process;
        var user = process.User;
        var devices = (spec.Linux.Devices ?? []).ToList();
        var rules = spec.Linux.Resources.Devices.ToList();
        foreach (var node in edits.DeviceNodes)
        {
            var device = Device(node, user, host);
            devices.RemoveAll(other => other.Path == device.Path);
            devices.Add(device);
            if (device.Type is "b" or "c")
            {
                // "None" is a denial in words that every runtime knows, also where everything else is allowed.
                var denied = node.Permissions == NoPermissions;
                rules.Add(new OciDeviceRule(
                    !denied, denied ? "rwm" : node.Permissions ?? "rwm", device.Type, device.Major, device.Minor));
            }
        }

        return spec with
        {
            Process = process with
            {
                Env = Env(process.Env, edits.Env),
                User = user with { AdditionalGids = Groups(user, edits) },
            },
            Mounts = Mounts(spec.Mounts, edits.Mounts),
            Hooks = Hooks(spec.Hooks, edits.Hooks),
            Linux = spec.Linux with
            {
                Devices = devices.Count == 0 ? null : devices,
                NetDevices = NetDevices(spec.Linux.NetDevices, edits.NetDevices),
                IntelRdt = edits.IntelRdt ?? spec.Linux.IntelRdt,
                Resources = spec.Linux.Resources with { Devices = rules },
            },
        };
    }

    private static OciDevice Device(EditedDevice node, OciUser user, Func<string, OciDevice?> host)
    {
        // A type with its numbers is all a node needs; a FIFO has none.
        var complete = node.Type == "p" || (node.Type is not null && node.Major is > 0);
        var path = node.HostPath ?? node.Path;
        var found = complete ? null : host(path)
            ?? throw new RuntimeException(RuntimeReason.Refused, $"{path} is no device");
        if (found is not null && node.Type is { } type && type != found.Type && !(type == "u" && found.Type == "c"))
        {
            throw new RuntimeException(
                RuntimeReason.Refused, $"{path} is a device of type {found.Type} and not {type}");
        }

        return new OciDevice(
            node.Path,
            node.Type ?? found!.Type,
            found?.Major ?? node.Major ?? 0,
            found?.Minor ?? node.Minor ?? 0,
            node.FileMode ?? found?.FileMode,
            node.Uid ?? (user.Uid > 0 ? user.Uid : null),
            node.Gid ?? (user.Gid > 0 ? user.Gid : null));
    }

    private static List<string> Env(IReadOnlyList<string> env, IReadOnlyList<string> edits)
    {
        var merged = env.ToList();
        foreach (var edit in edits)
        {
            var name = edit.AsSpan(0, edit.IndexOf('=', StringComparison.Ordinal) + 1).ToString();
            var at = merged.FindIndex(entry => entry.StartsWith(name, StringComparison.Ordinal));
            if (at < 0)
            {
                merged.Add(edit);
            }
            else
            {
                merged[at] = edit;
            }
        }

        return merged;
    }

    private static List<uint>? Groups(OciUser user, ContainerEdits edits)
    {
        var groups = (user.AdditionalGids ?? []).ToList();
        foreach (var gid in edits.AdditionalGids)
        {
            if (gid != 0 && !groups.Contains(gid))
            {
                groups.Add(gid);
            }
        }

        return groups.Count == 0 ? null : groups;
    }

    /// <summary>Outer directories first, or the inner mount would be hidden.</summary>
    private static IReadOnlyList<OciMount> Mounts(IReadOnlyList<OciMount> mounts, IReadOnlyList<EditedMount> edits)
    {
        if (edits.Count == 0)
        {
            return mounts;
        }

        var merged = mounts.ToList();
        foreach (var edit in edits)
        {
            merged.RemoveAll(mount => mount.Destination == edit.ContainerPath);
            merged.Add(new OciMount(edit.ContainerPath, edit.Type ?? "bind", edit.HostPath, edit.Options));
        }

        return [.. merged.OrderBy(mount => MountPlan.Depth(mount.Destination))];
    }

    private static OciHooks? Hooks(OciHooks? hooks, IReadOnlyList<EditedHook> edits)
    {
        foreach (var edit in edits)
        {
            var hook = new OciHook(
                edit.Path,
                edit.Args.Count == 0 ? null : edit.Args,
                edit.Env.Count == 0 ? null : edit.Env,
                edit.Timeout);
            hooks ??= new OciHooks();
            hooks = edit.HookName switch
            {
                "prestart" => hooks with { Prestart = [.. hooks.Prestart ?? [], hook] },
                "createRuntime" => hooks with { CreateRuntime = [.. hooks.CreateRuntime ?? [], hook] },
                "createContainer" => hooks with { CreateContainer = [.. hooks.CreateContainer ?? [], hook] },
                "startContainer" => hooks with { StartContainer = [.. hooks.StartContainer ?? [], hook] },
                "poststart" => hooks with { Poststart = [.. hooks.Poststart ?? [], hook] },
                "poststop" => hooks with { Poststop = [.. hooks.Poststop ?? [], hook] },
                _ => throw new UnreachableException(edit.HookName),
            };
        }

        return hooks;
    }

    private static IReadOnlyDictionary<string, OciNetDevice>? NetDevices(
        IReadOnlyDictionary<string, OciNetDevice>? devices, IReadOnlyList<EditedNetDevice> edits)
    {
        if (edits.Count == 0)
        {
            return devices;
        }

        var merged = new Dictionary<string, OciNetDevice>(devices ?? new Dictionary<string, OciNetDevice>());
        foreach (var edit in edits)
        {
            merged[edit.HostInterfaceName] = new OciNetDevice(edit.Name);
        }

        return merged;
    }
}
