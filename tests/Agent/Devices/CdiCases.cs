using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Agent;
using Edge.Agent.Devices.Cdi;
using Edge.Agent.Runtime;
using Edge.Agent.Runtime.Spec;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Devices;

/// <summary>
/// The golden cases of the Container Device Interface: files, devices asked for and a host's nodes in, an OCI
/// specification or the reason against it out. <c>tests/Cases/cdi/README.md</c> says how one is written.
/// </summary>
public sealed class CdiCases
{
    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order()];

    private static string Root => Repository.Cases("cdi");

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_gives_its_specification(string name)
    {
        var folder = Path.Combine(Root, name);
        var actual = Answer(YamlTree.Read(File.ReadAllText(Path.Combine(folder, "in.yaml")))[0]) + "\n";
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "out.txt"), actual), actual);
    }

    private static string Answer(JsonNode input)
    {
        var faults = "";
        try
        {
            var catalog = new CdiCatalog(Files(input["files"]?.AsObject() ?? []), Found(input));
            faults = string.Concat(catalog.Faults.Select(fault => $"fault: {fault}\n"));
            var names = input["devices"]!.AsArray().Select(name => name!.GetValue<string>()).ToList();
            var spec = EditsPlan.Apply(
                Container(input["container"]?.AsObject() ?? []), catalog.Resolve(names), path => Host(input, path));
            return faults + JsonNode.Parse(OciSpecJson.Write(spec))!.ToJsonString(s_indented);
        }
        catch (Exception refused) when (refused is CdiException or RuntimeException)
        {
            return $"{faults}error: {refused.Message}";
        }
    }

    /// <summary>A mapping stands for its JSON; the order of the directories is their priority.</summary>
    private static IEnumerable<CdiFile> Files(JsonObject files) =>
        from file in files
        let text = file.Value is JsonValue value ? value.GetValue<string>() : file.Value!.ToJsonString()
        orderby file.Key
        select new CdiFile(file.Key, file.Key.StartsWith("/var/run/cdi/", StringComparison.Ordinal) ? 1 : 0, text);

    private static IEnumerable<CdiSpec> Found(JsonNode input)
    {
        if (input["nvidia"] is { } nvidia)
        {
            yield return NvidiaSpecPlan.For(Driver(nvidia), [.. Objects(nvidia["gpus"]).Select(Gpu)]);
        }

        if (input["tegra"] is { } tegra)
        {
            yield return TegraSpecPlan.For(
                [.. Objects(tegra["files"]).Select(file => new TegraFile(
                    Text(file["kind"])!, Text(file["path"])!, Text(file["target"])))],
                tegra["group"] is { } group ? (uint)Number(group) : null, Text(tegra["uuid"]));
        }
    }

    private static NvidiaDriver Driver(JsonNode driver) => new()
    {
        DriverRoot = Text(driver["driverRoot"]) ?? "",
        SystemRoot = Text(driver["systemRoot"]) ?? "",
        Version = Text(driver["version"])!,
        Libraries = [.. Objects(driver["libraries"]).Select(library => new DriverLibrary(
            Text(library["path"])!, Texts(library["links"])))],
        Programs = Texts(driver["programs"]),
        Firmware = Texts(driver["firmware"]),
        Sockets = Texts(driver["sockets"]),
        ControlNodes = Texts(driver["control"]),
        DriNodes = (driver["dri"]?.AsObject() ?? []).ToDictionary(
            pair => pair.Key, pair => (IReadOnlyList<string>)Texts(pair.Value)),
        MigMinors = MigMinors.Read(Text(driver["migMinors"]) ?? ""),
        Hook = Text(driver["hook"]),
    };

    private static NvidiaGpu Gpu(JsonObject gpu) => new(
        (int)Number(gpu["index"]), Text(gpu["uuid"])!, (int)Number(gpu["minor"]), Text(gpu["pci"]),
        [.. Objects(gpu["mig"]).Select(part => new NvidiaMigDevice(
            (int)Number(part["index"]), Text(part["uuid"])!, (int)Number(part["gi"]), (int)Number(part["ci"])))]);

    private static OciDevice? Host(JsonNode input, string path) => input["host"]?[path] is { } node
        ? new OciDevice(
            path, node["type"]!.GetValue<string>(), Number(node["major"]), Number(node["minor"]),
            (uint)Number(node["mode"] ?? 438), 0, 0)
        : null;

    private static OciSpec Container(JsonObject container) => new()
    {
        Process = new OciProcess
        {
            Args = ["/start"],
            Env = Texts(container["env"]),
            User = new OciUser
            {
                Uid = (uint)Number(container["uid"] ?? 0),
                Gid = (uint)Number(container["gid"] ?? 0),
                AdditionalGids = container["groups"]?.AsArray().Select(gid => (uint)Number(gid)).ToList(),
            },
        },
        Mounts = [.. Texts(container["mounts"]).Select(path => new OciMount(path, "bind", $"/pod{path}", ["rbind"]))],
        Linux = new OciLinux
        {
            CgroupsPath = "/kubepods/poduid/main",
            Devices = container["devices"] is null
                ? null
                : [.. Texts(container["devices"]).Select(path => new OciDevice(path, "c", 1, 3, null, null, null))],
            Resources = new OciResources { Devices = [new OciDeviceRule(false, "rwm")] },
        },
    };

    private static IEnumerable<JsonObject> Objects(JsonNode? list) =>
        (list?.AsArray() ?? []).Select(node => node!.AsObject());

    private static string? Text(JsonNode? node) => node?.GetValue<string>();

    private static List<string> Texts(JsonNode? list) =>
        [.. (list?.AsArray() ?? []).Select(text => text!.GetValue<string>())];

    private static long Number(JsonNode? node) => long.Parse(node!.ToJsonString());
}
