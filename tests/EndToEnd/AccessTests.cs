using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Who may do what, by the real kubectl: roles, tokens, certificates, acting as others, and taking it back.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class AccessTests(Fleet fleet)
{
    /// <summary>Ten times what is promised: the machine runs the whole fleet beside.</summary>
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Roles_are_made_bound_asked_about_and_taken_back(string version)
    {
        var kubectl = fleet.Use(version);
        var ns = $"access-{version.Replace('.', '-')}";
        Assert.Contains("kubernetes-admin", await kubectl.Do("auth", "whoami"));
        Assert.Equal("yes", await kubectl.Do("auth", "can-i", "*", "*"));
        await kubectl.Do("create", "namespace", ns);
        await kubectl.Do("-n", ns, "create", "role", "reader", "--verb=get,list,watch", "--resource=pods,pods/log");
        await kubectl.Do("-n", ns, "create", "rolebinding", "jane", "--role=reader", "--user=jane");
        await kubectl.Do("create", "clusterrole", ns, "--verb=get,list", "--resource=nodes");
        await kubectl.Do("create", "clusterrolebinding", ns, $"--clusterrole={ns}", "--group=team");

        await Tool.Until(s_deadline, "jane may list pods", async () =>
            await Can(kubectl, "list", "pods", "-n", ns, "--as", "jane"));
        Assert.True(await Can(kubectl, "get", "pods", "--subresource=log", "-n", ns, "--as", "jane"));
        Assert.False(await Can(kubectl, "create", "pods", "-n", ns, "--as", "jane"));
        Assert.False(await Can(kubectl, "list", "pods", "--as", "jane"));
        Assert.False(await Can(kubectl, "get", "nodes", "--as", "jane"));
        Assert.True(await Can(kubectl, "get", "nodes", "--as", "jane", "--as-group", "team"));
        var all = await kubectl.Do("auth", "can-i", "--list", "-n", ns, "--as", "jane");
        Assert.Matches(@"pods/log +\[\] +\[\] +\[get list watch\]", all);
        Assert.Matches(@"selfsubjectaccessreviews.authorization.k8s.io +\[\] +\[\] +\[create\]", all);

        Assert.Equal("", await kubectl.Do("get", "pods", "-n", ns, "--as", "jane", "-o", "name"));
        Assert.Contains("secrets is forbidden: User \"jane\" cannot list resource \"secrets\" in API group \"\" in the "
            + $"namespace \"{ns}\"", (await kubectl.Try("get", "secrets", "-n", ns, "--as", "jane")).Failed());
        await kubectl.Do("-n", ns, "create", "rolebinding", "boss", "--clusterrole=admin", "--user=boss");
        await Tool.Until(s_deadline, "the boss may bind", async () =>
            await Can(kubectl, "create", "rolebindings", "-n", ns, "--as", "boss"));
        Assert.Contains("user \"boss\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not "
            + "currently held:", (await kubectl.Try("-n", ns, "create", "rolebinding", "more",
                "--clusterrole=cluster-admin", "--user=jane", "--as", "boss")).Failed());

        await kubectl.Do("-n", ns, "delete", "rolebinding", "jane");
        await Tool.Until(s_deadline, "jane may not list pods", async () =>
            !await Can(kubectl, "list", "pods", "-n", ns, "--as", "jane"));
        await kubectl.Do("delete", "namespace", ns, "--timeout=60s");
        await kubectl.Do("delete", $"clusterrole/{ns}", $"clusterrolebinding/{ns}");
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task A_service_account_speaks_by_its_token_until_it_is_deleted(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"robot-{version.Replace('.', '-')}";
        await kubectl.Do("create", "serviceaccount", name);
        await kubectl.Do("create", "rolebinding", name, "--clusterrole=view", $"--serviceaccount=default:{name}");
        var token = await kubectl.Do("create", "token", name, "--duration=20m");
        Task<ToolResult> Robot(params string[] arguments) => As(version, ["--token", token, .. arguments]);

        Assert.Contains($"system:serviceaccount:default:{name}", (await Robot("auth", "whoami")).Ok());
        await Tool.Until(s_deadline, "the robot may list pods", async () =>
            (await Robot("get", "pods")).ExitCode == 0);
        Assert.Contains("forbidden", (await Robot("get", "secrets")).Failed());
        await kubectl.Do("delete", "serviceaccount", name);
        Assert.Contains("Unauthorized", (await Robot("get", "pods")).Failed());
        await kubectl.Do("delete", "rolebinding", name);
    }

    [SkippableTheory]
    [MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task A_person_gets_a_certificate_that_somebody_approves(string version)
    {
        var kubectl = fleet.Use(version);
        var name = $"joe-{version.Replace('.', '-')}";
        var (key, request) = (Path.Combine(fleet.Home, $"{name}.key"), Path.Combine(fleet.Home, $"{name}.csr"));
        (await Tool.Run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request,
            "-subj", $"/O=team/CN={name}")).Ok();
        await kubectl.Apply($"""
            apiVersion: certificates.k8s.io/v1
            kind: CertificateSigningRequest
            metadata:
              name: {name}
            spec:
              request: {Convert.ToBase64String(await File.ReadAllBytesAsync(request))}
              signerName: kubernetes.io/kube-apiserver-client
              expirationSeconds: 3600
              usages: [client auth]
            """);
        Assert.Contains("Pending", await kubectl.Do("get", "csr", name, "--no-headers"));
        Assert.Contains("approved", await kubectl.Do("certificate", "approve", name));
        await Tool.Until(s_deadline, "the certificate is there", async () =>
            (await kubectl.Do("get", "csr", name, "--no-headers")).Contains("Approved,Issued"));

        var certificate = Path.Combine(fleet.Home, $"{name}.crt");
        await File.WriteAllBytesAsync(certificate, Convert.FromBase64String(
            await kubectl.Field($"csr/{name}", ".status.certificate")));
        Task<ToolResult> Joe(params string[] arguments) =>
            As(version, ["--client-certificate", certificate, "--client-key", key, .. arguments]);
        Assert.Contains(name, (await Joe("auth", "whoami")).Ok());
        Assert.Contains($"User \"{name}\" cannot list resource \"pods\"", (await Joe("get", "pods")).Failed());
        await kubectl.Do("create", "rolebinding", name, "--clusterrole=view", "--group=team");
        await Tool.Until(s_deadline, "joe may list pods", async () => (await Joe("get", "pods")).ExitCode == 0);
        await kubectl.Do("delete", $"rolebinding/{name}", $"csr/{name}");
    }

    private static async Task<bool> Can(Kubectl kubectl, params string[] arguments) =>
        (await kubectl.Try(["auth", "can-i", "-q", .. arguments])).ExitCode == 0;

    /// <summary>Somebody who has no kubeconfig of ours.</summary>
    private Task<ToolResult> As(string version, string[] arguments) => fleet.InHub(
    [
        Kubectl.Locate(version)!, "--kubeconfig", "/dev/null", "--server", $"https://{Fleet.HubAddress}:6443",
        "--certificate-authority", Path.Combine(fleet.Home, "server", "pki", "api-ca.crt"),
        "--cache-dir", Path.Combine(fleet.Home, "kubectl", "other"), .. arguments,
    ]);
}
