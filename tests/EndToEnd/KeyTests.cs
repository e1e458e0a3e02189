using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Nothing keeps a device from its server but the deny-list, and that does at once: keys that change, keys and nodes
/// that are denied, disks that are lost.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class KeyTests(Fleet fleet) : IAsyncLifetime
{
    private const string DenyList = "edge-denied-nodes";

    /// <summary>The promise is one second; the machine runs the whole fleet beside.</summary>
    private static readonly TimeSpan s_denied = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_back = TimeSpan.FromSeconds(60);

    private FleetNode? _node;

    private FleetNode Node => _node!;

    public async Task InitializeAsync()
    {
        if (Parts.Missing() is null && Fleet.HasTime)
        {
            _node = await fleet.AddNode(8, new NodeExtras([], ["--keep-alive-seconds", "10"]));
            await Node.PowerOn(connected: true);
            await fleet.Kubectl.UntilNodeReady(Node.Name);
        }
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await fleet.RemoveNode(Node);
            await fleet.Kubectl.Delete("configmap", DenyList, "-n", "kube-system");
        }
    }

    [SkippableFact]
    public async Task A_node_changes_its_key_when_asked_also_when_its_agent_is_killed_again_and_again_meanwhile()
    {
        Fleet.RequireTime();
        await fleet.Kubectl.Apply(Manifests.Idle("keyring", Node.Name));
        await fleet.Kubectl.UntilPodReady("keyring");
        var (tasks, key) = (await Node.Tasks(), KeyOnDisk());
        Assert.Equal(await KnownKey(), key);

        await Renew();
        await UntilChanged(key);
        key = KeyOnDisk();

        var random = new Random(1);
        for (var round = 0; round < 6; round++)
        {
            await Renew();
            for (var kill = 0; kill < 3; kill++)
            {
                await Node.Agent.Kill();
                AssertPairServes();
                Node.Agent.Start();
                await Task.Delay(random.Next(2000));
            }

            await UntilChanged(key);
            key = KeyOnDisk();
        }

        await fleet.Kubectl.UntilNodeReady(Node.Name);
        Assert.Equal(tasks, await Node.Tasks());
        Assert.Empty((await DeniedEntries()).Trim());
        await fleet.Kubectl.Delete("pod", "keyring");
    }

    [SkippableFact]
    public async Task A_denied_node_is_cut_off_within_a_second_stays_so_over_restarts_and_comes_back_when_let_in()
    {
        Fleet.RequireTime();
        await fleet.Kubectl.Apply(Manifests.Idle("convict", Node.Name));
        await fleet.Kubectl.UntilPodReady("convict");
        var tasks = await Node.Tasks();
        await CutOff("convict", Node.Name);
        Assert.Contains("NodeDenied", await AskApi(Node.Pki));
        await fleet.Kubectl.Until($"node/{Node.Name}", Ready, "Unknown", s_back);

        await Machine.Kill([fleet.BrokerPid()]);
        await fleet.Server.Kill();
        await fleet.StartServer();
        await fleet.Kubectl.UntilNodeReady(fleet.Nodes[0].Name);
        await Task.Delay(TimeSpan.FromSeconds(12));
        Assert.Equal("Unknown", await fleet.Kubectl.Field($"node/{Node.Name}", Ready));
        Assert.Contains("NodeDenied", await AskApi(Node.Pki));

        await Allow(Node.Name);
        var since = Stopwatch.StartNew();
        await fleet.Kubectl.UntilNodeReady(Node.Name);
        Console.WriteLine($"it was ready {since.Elapsed.TotalSeconds:f1} s after it was let in");
        Assert.Equal(tasks, await Node.Tasks());
        await fleet.Kubectl.Delete("pod", "convict");
    }

    [SkippableFact]
    public async Task A_denied_key_is_cut_off_within_a_second_and_comes_back_when_let_in()
    {
        Fleet.RequireTime();
        await fleet.Kubectl.Apply(Manifests.Idle("keyless", Node.Name));
        await fleet.Kubectl.UntilPodReady("keyless");
        var (tasks, entry) = (await Node.Tasks(), $"{Node.Name}_{KeyOnDisk()}");
        await CutOff("keyless", entry);
        Assert.Contains("KeyDenied", await AskApi(Node.Pki));
        await Tool.Until(s_back, "the broker takes the key no more", async () => !await IsAccepted(Node.Pki));
        await fleet.Kubectl.Until($"node/{Node.Name}", Ready, "Unknown", s_back);

        await Allow(entry);
        await fleet.Kubectl.UntilNodeReady(Node.Name);
        Assert.Equal(tasks, await Node.Tasks());
        await fleet.Kubectl.Delete("pod", "keyless");
    }

    [SkippableFact]
    public async Task A_device_without_its_disk_gets_its_name_back_once_that_is_allowed_and_its_old_key_is_dead()
    {
        Fleet.RequireTime();
        var uid = await fleet.Kubectl.Field($"node/{Node.Name}", ".metadata.uid");
        var (key, old) = (KeyOnDisk(), Path.Combine(fleet.Home, "old-pki"));
        await Node.Agent.Kill();
        Directory.Move(Node.Pki, old);

        Node.Agent.Start();
        await Tool.Until(s_back, "the agent gives up", () => Task.FromResult(!Node.Agent.Running));
        Assert.Contains(
            $"kubectl annotate node {Node.Name} edge/allow-reenrolment=once",
            await File.ReadAllTextAsync(Node.Agent.Log));
        Assert.Equal(key, await KnownKey());

        await fleet.Kubectl.Do("annotate", "node", Node.Name, "edge/allow-reenrolment=once");
        Node.Agent.Start();
        await Tool.Until(s_back, "the name has the new key", async () =>
            File.Exists(Path.Combine(Node.Pki, "node.crt")) && await KnownKey() == KeyOnDisk());
        await fleet.Kubectl.UntilNodeReady(Node.Name);
        Assert.Equal(uid, await fleet.Kubectl.Field($"node/{Node.Name}", ".metadata.uid"));
        Assert.Contains($"{Node.Name}_{key}", await DeniedEntries());

        Assert.Contains("KeyDenied", await AskApi(old));
        Assert.DoesNotContain("KeyDenied", await AskApi(Node.Pki));
        Assert.False(await IsAccepted(old));
        Assert.True(await IsAccepted(Node.Pki));
    }

    private const string Ready = ".status.conditions[?(@.type=='Ready')].status";

    private Task<string> Renew() =>
        fleet.Kubectl.Do("annotate", "--overwrite", "node", Node.Name, "edge/renew-key=true");

    private Task<string> KnownKey() =>
        fleet.Kubectl.Field($"node/{Node.Name}", ".metadata.annotations.edge/public-key-sha256");

    /// <summary>Both sides have it, and nothing of the change is left.</summary>
    private Task UntilChanged(string from) => Tool.Until(s_back, "the node has another key", async () =>
        KeyOnDisk() is var key && key != from && await KnownKey() == key
        && !Directory.EnumerateFiles(Node.Pki, "*.next").Any());

    private Task<string> DeniedEntries() => fleet.Kubectl.Do(
        "get", "configmap", DenyList, "-n", "kube-system", "--ignore-not-found", "-o", "jsonpath={.data}");

    /// <summary>Denies it while a command runs there, whose end shows when the session does.</summary>
    private async Task CutOff(string pod, string entry)
    {
        var exec = fleet.Kubectl.Try("exec", pod, "--", "sleep", "50");
        await Tool.Until(s_back, "the command runs", async () =>
            (await fleet.Kubectl.Try("exec", pod, "--", "busybox", "ps")).Output.Contains("sleep 50"));
        await fleet.Kubectl.Try("create", "configmap", DenyList, "-n", "kube-system");
        var since = Stopwatch.StartNew();
        await Deny(entry);
        var written = since.Elapsed;
        var ended = await exec;
        Console.WriteLine(
            $"the session of {entry} was cut {since.ElapsedMilliseconds} ms after kubectl began to deny it, which took "
            + $"{written.TotalMilliseconds:f0} ms");
        Assert.NotEqual(0, ended.ExitCode);
        Assert.InRange(since.Elapsed, TimeSpan.Zero, s_denied);
    }

    private Task<string> Deny(string entry) => fleet.Kubectl.Do(
        "patch", "configmap", DenyList, "-n", "kube-system", "-p", $$$"""{"data":{"{{{entry}}}":"a test"}}""");

    private Task<string> Allow(string entry) => fleet.Kubectl.Do(
        "patch", "configmap", DenyList, "-n", "kube-system", "-p", $$$"""{"data":{"{{{entry}}}":null}}""");

    private string KeyOnDisk()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Node.Pki, "node.key")));
        return Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>The agent is dead: what its next start finds is a pair, in one place or the other.</summary>
    private void AssertPairServes()
    {
        var keys = Directory.GetFiles(Node.Pki, "node.key*").Where(file => !file.EndsWith(".new")).Select(KeyOf);
        var certificates = Directory.GetFiles(Node.Pki, "node.crt*").Where(file => !file.EndsWith(".new"));
        Assert.NotEmpty(keys.Intersect(certificates.Select(Of)));

        static string KeyOf(string file)
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(file));
            return Convert.ToHexStringLower(key.ExportSubjectPublicKeyInfo());
        }

        static string Of(string file)
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            return Convert.ToHexStringLower(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        }
    }

    /// <summary>What the API says to whoever has these keys.</summary>
    private async Task<string> AskApi(string pki) => (await fleet.InHub(
    [
        "curl", "-sk", "--cert", Path.Combine(pki, "node.crt"), "--key", Path.Combine(pki, "node.key"),
        $"https://{Fleet.HubAddress}:6443/apis/certificates.k8s.io/v1/certificatesigningrequests/none",
    ])).All;

    /// <summary>Whether the broker takes the certificate: it refuses one after the handshake.</summary>
    private async Task<bool> IsAccepted(string pki)
    {
        var said = await fleet.InHub(
        [
            "sh", "-c", $"(sleep 2) | openssl s_client -connect {Fleet.HubAddress}:8883 -cert {pki}/node.crt "
                + $"-key {pki}/node.key -CAfile {pki}/node-ca.crt 2>&1",
        ]);
        return !said.All.Contains("certificate revoked", StringComparison.OrdinalIgnoreCase);
    }
}
