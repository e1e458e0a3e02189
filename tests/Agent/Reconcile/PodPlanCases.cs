using System.Collections.Immutable;
using System.Text.Json;
using Edge.Agent.Devices;
using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile;

/// <summary>
/// The golden cases of the pod plan: a folder with <c>pod.json</c> (absent for a vanished pod) and <c>observed.json</c>
/// in, <c>plan.txt</c> out. With EDGE_WRITE_CASES=1 the plans are written anew, to be reviewed as a diff.
/// </summary>
public sealed class PodPlanCases
{
    private static readonly JsonSerializerOptions Reading = new(JsonSerializerDefaults.Web)
    {
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public static TheoryData<string> Cases =>
        new(Directory.GetDirectories(Root).Select(dir => Path.GetFileName(dir)!).Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_gives_its_plan(string name)
    {
        var folder = Path.Combine(Root, name);
        var actual = PodPlan.For(ViewOf(folder)).ToString() + "\n";
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "plan.txt"), actual), actual);
    }

    private static string Root => Repository.Cases("pod-plan");

    private static PodView ViewOf(string folder)
    {
        var podFile = Path.Combine(folder, "pod.json");
        var pod = File.Exists(podFile)
            ? JsonSerializer.Deserialize(File.ReadAllText(podFile), ModelJson.Default.Pod)
            : null;
        var seen = JsonSerializer.Deserialize<Observed>(
            File.ReadAllText(Path.Combine(folder, "observed.json")), Reading)!;
        var record = seen.Record is { } written
            ? written.Deserialize(LedgerJson.Default.PodRecord)!
            : PodRecordPlan.New(pod!, seen.Now);
        var view = new PodView
        {
            Uid = record.Uid,
            Pod = pod,
            Record = record,
            Memory = Memory(record.Uid, seen),
            SandboxListed = seen.Sandbox,
            Containers = seen.Containers.Select(c => Fill(c, pod, record.Uid)).ToList(),
            Probes = seen.Failing.ToDictionary(
                pair => pair.Key, pair => new ProbeVerdict(Failure: new ProbeFailure(pair.Value, ""))),
            VolumeDigest = seen.VolumeDigest,
            FencedFor = seen.FencedFor ?? (seen.Fenced ? TimeSpan.Zero : null),
            Devices = seen.Devices,
            HasServer = !seen.CutOff,
            Refused = seen.Refused,
            Now = seen.Now,
        };
        return view with { Record = PodRecordPlan.Absorb(view) };
    }

    /// <summary>A container that does not say what it was made from was made from what the pod says now.</summary>
    private static SeenContainer Fill(SeenContainer seen, Pod? pod, string uid)
    {
        var hash = seen.SpecHash.Length == 0 && PodShape.Find(pod, seen.Name) is { } container
            ? ContainerIdentity.SpecHash(container)
            : seen.SpecHash;
        return seen with { SpecHash = hash };
    }

    private static PodMemory Memory(string uid, Observed seen) => new()
    {
        Sandbox = seen.Sandbox && !seen.JustStarted ? new Sandbox(uid, null, null, null, "", "10.64.0.2") : null,
        VolumeDigest = seen.JustStarted ? null : seen.Written ?? "",
        Obstacle = seen.Obstacle,
        Containers = seen.Memory.ToImmutableDictionary(),
    };

    private sealed record Observed
    {
        public DateTimeOffset Now { get; init; }

        public JsonElement? Record { get; init; }

        public bool Sandbox { get; init; }

        /// <summary>The agent has just begun and remembers nothing.</summary>
        public bool JustStarted { get; init; }

        public IReadOnlyList<SeenContainer> Containers { get; init; } = [];

        public IReadOnlyDictionary<string, string> Failing { get; init; } = new Dictionary<string, string>();

        public string? VolumeDigest { get; init; } = "";

        public string? Written { get; init; }

        public bool Fenced { get; init; }

        public TimeSpan? FencedFor { get; init; }

        public IReadOnlyList<HeldDevice> Devices { get; init; } = [];

        /// <summary>The server does not hear the node.</summary>
        public bool CutOff { get; init; }

        public string? Refused { get; init; }

        public Obstacle? Obstacle { get; init; }

        public Dictionary<string, ContainerMemory> Memory { get; init; } = [];
    }
}
