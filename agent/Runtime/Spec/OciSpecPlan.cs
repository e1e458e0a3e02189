using Edge.Proto.Model;

namespace Edge.Agent.Runtime.Spec;

/// <summary>
/// Pod, container, image and node → the OCI specification, with Kubernetes' defaults. Pure: the same input gives the
/// same bytes.
/// </summary>
internal static class OciSpecPlan
{
    private static readonly string[] Masked =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] ReadOnly =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static OciSpec Plan(SpecInput input)
    {
        var container = input.Request.Container;
        var pod = input.Request.Pod.Spec;
        var unmasked = input.Privileged || container.SecurityContext?.ProcMount == "Unmasked";
        var shared = input.Request.Mounts.Any(mount => mount.Propagation == MountPropagation.Bidirectional);
        return new OciSpec
        {
            Process = Process(input, pod, container),
            Root = new OciRoot { Readonly = input.ReadOnlyRoot },
            Mounts = MountPlan.For(input),
            Linux = new OciLinux
            {
                Namespaces = Namespaces(input),
                Resources = Resources(input, container),
                CgroupsPath = CgroupPath(input),
                MaskedPaths = unmasked ? [] : Masked,
                ReadonlyPaths = unmasked ? [] : ReadOnly,
                Devices = input.Devices.Count == 0 ? null : input.Devices,
                RootfsPropagation = shared ? "rshared"
                    : input.Request.Mounts.Any(mount => mount.Propagation == MountPropagation.HostToContainer)
                        ? "rslave" : null,
                Seccomp = Seccomp(input, pod, container),
            },
        };
    }

    public static string CgroupPath(SpecInput input)
    {
        var qos = ResourcePlan.QosOf(input.Request.Pod.Spec);
        var pod = ResourcePlan.PodCgroup(input.CgroupRoot, qos, input.Request.Pod.Metadata.Uid ?? "");
        return $"{pod}/{input.Request.Id}";
    }

    /// <summary>command replaces the entrypoint and the image's arguments; args replaces only the arguments.</summary>
    public static IReadOnlyList<string> Args(
        Container container, Images.ImageConfig image, IReadOnlyDictionary<string, string> env)
    {
        var command = Expand(container.Command, env);
        var args = Expand(container.Args, env);
        if (command.Count > 0)
        {
            return [.. command, .. args];
        }

        return [.. image.Entrypoint, .. args.Count > 0 ? args : image.Cmd];
    }

    private static OciProcess Process(SpecInput input, PodSpec pod, Container container)
    {
        var image = input.Request.Image.Config;
        var variables = EnvironmentPlan.Resolve(input.Request.Env);
        var args = Args(container, image, variables);
        if (args.Count == 0)
        {
            throw new RuntimeException(RuntimeReason.Refused, "no command specified");
        }

        var security = container.SecurityContext;
        var capabilities = CapabilityPlan.For(
            input.Privileged, security?.Capabilities?.Add, security?.Capabilities?.Drop, input.NodeCapabilities);
        // A path is always there, as containerd does it for images that set none.
        IReadOnlyList<string> env = image.Env.Any(entry => entry.StartsWith("PATH=", StringComparison.Ordinal))
            ? image.Env
            : ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", .. image.Env];
        if (container.Tty == true && !env.Any(entry => entry.StartsWith("TERM=", StringComparison.Ordinal)))
        {
            env = ["TERM=xterm", .. env];
        }

        var host = pod.Hostname ?? input.Request.Pod.Metadata.Name ?? "";
        return new OciProcess
        {
            Terminal = container.Tty == true,
            User = new OciUser
            {
                Uid = input.User.Uid,
                Gid = input.User.Gid,
                AdditionalGids = input.User.AdditionalGids.Count == 0 ? null : input.User.AdditionalGids,
            },
            Args = args,
            Env = EnvironmentPlan.Merge(pod.HostNetwork == true ? env : [.. env, $"HOSTNAME={host}"], variables),
            Cwd = container.WorkingDir is { Length: > 0 } cwd ? cwd
                : image.WorkingDir.Length > 0 ? image.WorkingDir : "/",
            Capabilities = new OciCapabilities
            {
                Bounding = capabilities,
                Effective = input.User.Uid == 0 ? capabilities : [],
                Permitted = input.User.Uid == 0 ? capabilities : [],
            },
            NoNewPrivileges = security?.AllowPrivilegeEscalation == false
                && !input.Privileged && !capabilities.Contains("CAP_SYS_ADMIN"),
            OomScoreAdj = ResourcePlan.OomScore(pod, container, input.NodeMemoryBytes, input.OomScoreFloor),
        };
    }

    private static List<OciNamespace> Namespaces(SpecInput input)
    {
        var pod = input.Request.Pod.Spec;
        var sandbox = input.Request.Sandbox;
        var list = new List<OciNamespace> { new("mount") };
        if (pod.HostPID != true)
        {
            list.Add(new OciNamespace("pid", input.TargetPid is { } pid ? $"/proc/{pid}/ns/pid" : null));
        }

        Join(list, "network", sandbox.Net);
        Join(list, "ipc", sandbox.Ipc);
        Join(list, "uts", sandbox.Uts);
        // On v1 the paths of the host are what everybody expects; so does Kubernetes.
        if (input.Cgroups == CgroupMode.V2 && !input.Privileged)
        {
            list.Add(new OciNamespace("cgroup"));
        }

        return list;
    }

    /// <summary>Without a path the host's namespace is shared: the entry is left out.</summary>
    private static void Join(List<OciNamespace> list, string type, string? path)
    {
        if (path is not null)
        {
            list.Add(new OciNamespace(type, path));
        }
    }

    private static OciResources Resources(SpecInput input, Container container)
    {
        List<OciDeviceRule> rules = [new OciDeviceRule(input.Privileged, "rwm")];
        rules.AddRange(input.Devices.Select((device, i) => new OciDeviceRule(
            true, input.Request.Devices[i].Access, device.Type, device.Major, device.Minor)));
        return new OciResources
        {
            Devices = rules,
            Cpu = ResourcePlan.Cpu(container.Resources),
            Memory = ResourcePlan.Memory(container.Resources, input.SwapAccounting),
        };
    }

    private static OciSeccomp? Seccomp(SpecInput input, PodSpec pod, Container container)
    {
        var profile = container.SecurityContext?.SeccompProfile ?? pod.SecurityContext?.SeccompProfile;
        return profile?.Type switch
        {
            null or "" or "Unconfined" => null,
            _ when input.Privileged => null,
            "RuntimeDefault" => SeccompDefaultPlan.Profile(CapabilityPlan.For(
                false, container.SecurityContext?.Capabilities?.Add, container.SecurityContext?.Capabilities?.Drop,
                input.NodeCapabilities)),
            _ => throw new RuntimeException(
                RuntimeReason.Refused, $"seccomp profile type \"{profile.Type}\" is not supported"),
        };
    }

    private static List<string> Expand(
        IReadOnlyList<string>? words, IReadOnlyDictionary<string, string> env) =>
        (words ?? []).Select(word => EnvironmentPlan.Expand(word, env)).ToList();
}
