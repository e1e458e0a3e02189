using System.Text;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>
/// One emulated machine for all tests of this folder: server, broker and agent by their units, ten pods that run, and
/// Jobs that are done. It is made when the first test asks, and only in the long run.
/// </summary>
public sealed class MachineWorld : IAsyncLifetime
{
    public const int Pods = 10;

    /// <summary>Of the emulator's time, which is a twentieth of ours.</summary>
    internal static readonly TimeSpan Long = TimeSpan.FromMinutes(6);

    /// <summary>A finished Job writes one line here; twice would be two.</summary>
    internal const string Witness = "/var/lib/edge-test/once";

    private const int IdlePods = 8;

    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), $"edge-machine-{Environment.ProcessId}");

    private EmulatedMachine? _machine;

    internal EmulatedMachine Machine => _machine ?? throw new InvalidOperationException("the machine was not made");

    private static string? Missing => Parts.Missing()
        ?? ((string[])["qemu-system-x86_64", "mmdebstrap", "mke2fs"]).Where(program => Parts.Find(program) is null)
            .Select(program => $"{program} is not installed").FirstOrDefault();

    public static void Require()
    {
        Fleet.RequireTime();
        Skip.If(Missing is not null, Missing);
    }

    public async Task InitializeAsync()
    {
        if (!Fleet.HasTime || Missing is not null)
        {
            return;
        }

        Directory.CreateDirectory(_directory);
        await MachineImage.Write(_directory);
        _machine = new EmulatedMachine(_directory);
        await Start();
        await Furnish();
    }

    public async Task DisposeAsync()
    {
        if (_machine is not null)
        {
            await _machine.DisposeAsync();
        }

        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    internal async Task Start()
    {
        await Machine.PowerOn();
        await Machine.UntilOpen();
    }

    /// <summary>Ids and process ids of what runs, seen by containerd itself.</summary>
    internal async Task<IReadOnlyDictionary<string, string>> Tasks() =>
        (await Machine.Ok("ctr -n edge tasks list | awk '$3 == \"RUNNING\" { print $1, $2 }'")).Split('\n')
            .Where(line => line.Length > 0).Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => words[1]);

    internal Task UntilRunning(int pods) => Machine.Until(
        Long, $"{pods} pods run", $"[ $(ctr -n edge tasks list | grep -c RUNNING) = {pods} ]");

    internal Task<string> Apply(string tool, string manifests) => Machine.Ok(
        $"printf %s {Convert.ToBase64String(Encoding.UTF8.GetBytes(manifests))} | base64 -d | {tool} apply -f -");

    internal static string Image(TestImage image) => $"{MachineImage.Registry}/{image.Name}:1";

    internal static string Pod(string name, string spec) => $$"""
        apiVersion: v1
        kind: Pod
        metadata: { name: {{name}}, namespace: default }
        spec: {{spec}}
        """;

    internal static string Idle(string name) => Pod(
        name,
        $$"""
        { terminationGracePeriodSeconds: 1, containers: [{ name: main, image: "{{Image(TestImages.Idle)}}" }] }
        """);

    private async Task Furnish()
    {
        await Machine.Ok("""
            set -e
            mkdir -p /etc/edge /var/lib/edge-test
            echo 'advertiseAddresses: [127.0.0.1]' >/etc/edge/server.yaml
            systemctl start edge-test-registry
            systemctl enable --quiet --now edge-broker.path edge-server.service
            """, Long);
        await Machine.Until(Long, "the API answers", "kubectl get --raw /readyz");
        await Machine.Ok("""
            set -e
            token=$(edge-server token create)
            { echo "server: https://127.0.0.1:6443"; echo "nodeIp: 127.0.0.1"
              sed -n 's/^token: */token: /p; s/^caCertHash: */caCertHash: /p' <<<"$token"; } >/etc/edge/agent.yaml
            systemctl enable --quiet --now edge-agent.service
            """, Long);
        await Machine.Until(
            Long, "the node is ready", "kubectl get node machine --no-headers | grep -q ' Ready '");
        await Apply("kubectl", string.Join("\n---\n", Furniture()));
        await UntilRunning(Pods);
        await Machine.Until(
            Long, "both jobs are done",
            "[ \"$(kubectl get jobs -o 'jsonpath={.items[*].status.succeeded}')\" = '1 1' ]");
    }

    private static IEnumerable<string> Furniture()
    {
        for (var index = 1; index <= IdlePods; index++)
        {
            yield return Idle($"idle-{index}");
        }

        yield return Pod("limited", $$"""
            { containers: [{ name: main, image: "{{Image(TestImages.Idle)}}",
              resources: { limits: { memory: 64Mi, cpu: 250m } } }] }
            """);
        yield return Pod("ticking", $$"""
            { containers: [{ name: main, image: "{{Image(TestImages.Idle)}}",
              command: [sh, -c, "while :; do date; sleep 1; done"] }] }
            """);
        foreach (var policy in (string[])["Never", "OnFailure"])
        {
            yield return $$"""
                apiVersion: batch/v1
                kind: Job
                metadata: { name: {{policy.ToLowerInvariant()}}, namespace: default }
                spec:
                  template:
                    spec:
                      restartPolicy: {{policy}}
                      volumes: [{ name: data, hostPath: { path: /var/lib/edge-test } }]
                      containers:
                        - name: main
                          image: "{{Image(TestImages.Idle)}}"
                          command: [sh, -c, "echo {{policy}} >>/data/once; exec /bin/busybox sync"]
                          volumeMounts: [{ name: data, mountPath: /data }]
                """;
        }
    }
}

/// <summary>The machine takes a whole processor: its tests run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class MachineTests : ICollectionFixture<MachineWorld>
{
    public const string Name = "machine";
}
