using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>Machines that must not join, and settings that make no sense.</summary>
[Collection(FleetTests.Name)]
public sealed class EnrolmentTests(Fleet fleet)
{
    private const string Refusal = "does not accept the token (wrong, expired or used)";

    [SkippableFact]
    public async Task A_second_machine_with_a_taken_name_is_refused_by_name()
    {
        Fleet.Require();
        var token = await fleet.NewToken();

        var said = await TryToJoin(fleet.Nodes[0].Name, token);

        Assert.Contains("NodeNameTaken", said);
        await fleet.Kubectl.UntilNodeReady(fleet.Nodes[0].Name);
    }

    [SkippableFact]
    public async Task A_used_a_wrong_and_an_expired_token_are_refused()
    {
        Fleet.Require();
        var wrong = await fleet.NewToken();
        Assert.Contains(Refusal, await TryToJoin("stranger-a", wrong with { Token = wrong.Token[..^4] + "0000" }));
        Assert.Contains("used to enrol node", await TryToJoin("stranger-b", fleet.Nodes[0].Token));
        await fleet.Kubectl.Apply("""
            apiVersion: v1
            kind: Secret
            metadata:
              name: bootstrap-token-expire
              namespace: kube-system
            type: bootstrap.kubernetes.io/token
            stringData:
              token-id: expire
              token-secret: 0123456789abcdef
              expiration: "2020-01-01T00:00:00Z"
              usage-bootstrap-authentication: "true"
            """);
        Assert.Contains(Refusal, await TryToJoin("stranger-c", wrong with { Token = "expire.0123456789abcdef" }));

        var nodes = await fleet.Kubectl.Do("get", "nodes", "-o", "name");
        Assert.DoesNotContain("stranger", nodes);
    }

    [SkippableFact]
    public async Task Wrong_settings_are_reported_all_at_once()
    {
        Fleet.Require();
        var path = Path.Combine(fleet.Home, "wrong.yaml");
        await File.WriteAllTextAsync(path, "listen: nowhere\nportt: 1\ndataDir: [a]\n");

        var said = (await fleet.InHub([Fleet.ServerBinary, "run", "--config", path])).Failed();

        Assert.Contains("listen", said);
        Assert.Contains("portt", said);
        Assert.Contains("dataDir", said);
    }

    /// <summary>Runs an agent that cannot succeed for a while; what it says is its log.</summary>
    private async Task<string> TryToJoin(string name, EnrolmentToken token)
    {
        var home = Path.Combine(fleet.Home, "stranger", name + token.Token[..4]);
        var socket = fleet.Nodes[0].Socket;
        var said = await fleet.InHub(
        [
            "timeout", "-s", "KILL", "8", Fleet.AgentBinary, "run", "--node-name", name,
            "--data-dir", $"{home}/data", "--run-dir", $"{home}/run", "--containerd-socket", socket,
            "--server", $"https://{Fleet.HubAddress}:6443", "--token", token.Token, "--ca-cert-hash", token.CaCertHash,
        ]);
        return said.All;
    }
}
