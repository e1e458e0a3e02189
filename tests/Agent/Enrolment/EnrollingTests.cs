using System.Text;
using Edge.Agent.Enrolment;
using Edge.Agent.Settings;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Enrolment;

public sealed class EnrollingTests : IDisposable
{
    private const string Unauthorized = """{"kind":"Status","message":"Unauthorized"}""";

    private static readonly string Cluster =
        """{"data":{"cluster-uid":"c-1","broker":"mqtts://edge.example:8883","node-ca.crt":"PEM"}}""";

    private readonly string _dir = Directory.CreateTempSubdirectory("edge-enrol-").FullName;
    private readonly FakeClock _clock = new();

    private NodeIdentity Identity => NodeIdentity.Open(Path.Combine(_dir, "pki"));

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public async Task A_token_becomes_a_certificate()
    {
        await using var server = Server(line => line switch
        {
            _ when line.StartsWith("POST ", StringComparison.Ordinal) => ("201 Created", "{}"),
            _ when line.Contains("node-csr-", StringComparison.Ordinal) => ("200 OK", Signed()),
            _ => ("200 OK", Cluster),
        });
        await Enrol(server);
        Assert.True(Identity.IsEnrolled);
        Assert.Equal("c-1", Identity.ClusterUid);
        Assert.Equal(new BrokerAddress(new Uri("mqtts://edge.example:8883"), IsSealed: false, null), Identity.Broker);
        Assert.Equal(server.Url, Identity.Server);
        Assert.Contains("BEGIN CERTIFICATE", Identity.ApiCaPem, StringComparison.Ordinal);
        Assert.Equal("CERT", await File.ReadAllTextAsync(Identity.Present.CertFile));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Identity.Present.KeyFile));
    }

    [Fact]
    public async Task A_server_whose_CA_has_another_hash_is_refused_before_the_token_is_sent()
    {
        await using var server = Server(_ => ("200 OK", Cluster));
        var refused = await Assert.ThrowsAsync<EnrolmentException>(
            () => Enrol(server, pin: new string('0', 64)));
        Assert.Equal(EnrolmentReason.Refused, refused.Reason);
        Assert.Contains("caCertHash", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["GET /cacerts"], server.Requests);
    }

    [Fact]
    public async Task A_token_that_is_not_accepted_is_final()
    {
        await using var server = Server(_ => ("401 Unauthorized", Unauthorized));
        var refused = await Assert.ThrowsAsync<EnrolmentException>(() => Enrol(server));
        Assert.Equal(EnrolmentReason.Refused, refused.Reason);
        Assert.Contains("does not accept the token", refused.Message, StringComparison.Ordinal);
        Assert.False(Identity.IsEnrolled);
    }

    [Fact]
    public async Task A_denied_request_is_final_and_says_why()
    {
        await using var server = Server(line => line switch
        {
            _ when line.StartsWith("POST ", StringComparison.Ordinal) => ("409 Conflict", "{}"),
            _ when line.Contains("node-csr-", StringComparison.Ordinal) => ("200 OK", """
                {"status":{"conditions":[{"type":"Denied","status":"True","reason":"NodeNameTaken",
                 "message":"node \"press-7\" has another key"}]}}
                """),
            _ => ("200 OK", Cluster),
        });
        var refused = await Assert.ThrowsAsync<EnrolmentException>(() => Enrol(server));
        Assert.Equal(EnrolmentReason.Refused, refused.Reason);
        Assert.Equal("NodeNameTaken: node \"press-7\" has another key", refused.Message);
    }

    [Fact]
    public async Task Trouble_on_the_way_is_tried_again_with_the_same_key()
    {
        var trouble = 0;
        await using var server = Server(line =>
        {
            if (line.StartsWith("POST ", StringComparison.Ordinal))
            {
                return ("201 Created", "{}");
            }

            return line.Contains("node-csr-", StringComparison.Ordinal) ? ("200 OK", Signed())
                : trouble++ switch
                {
                    0 => null,
                    1 => ("503 Service Unavailable", "busy"),
                    2 => ("200 OK", "not json"),
                    _ => ("200 OK", Cluster),
                };
        });
        using var key = Identity.Key();
        var enrolling = Enrol(server);
        while (await Task.WhenAny(enrolling, Task.Delay(20)) != enrolling)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        await enrolling;
        Assert.True(Identity.IsEnrolled);
        Assert.True(trouble > 3);
        using var after = Identity.Key();
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), after.ExportSubjectPublicKeyInfo());
    }

    private static string Signed() =>
        $$$"""{"status":{"certificate":"{{{Convert.ToBase64String(Encoding.ASCII.GetBytes("CERT"))}}}"}}""";

    /// <summary>The CA is offered as the server offers it; all else is the test's.</summary>
    private static EnrolmentServer Server(Func<string, (string, string)?> answer)
    {
        EnrolmentServer? server = null;
        server = new EnrolmentServer
        {
            Answer = line => line == "GET /cacerts"
                ? ("200 OK", server!.Authority.ExportCertificatePem())
                : answer(line),
        };
        return server;
    }

    private Task Enrol(EnrolmentServer server, string? pin = null) => new Enrolling(
        new AgentSettings
        {
            DataDir = _dir,
            RunDir = _dir,
            NodeName = "press-7",
            Server = server.Url,
            Token = "abcdef.0123456789abcdef",
            CaCertHash = pin ?? PinnedAuthority.HashOf(server.Authority),
            ContainerdSocket = "",
            CniBinDirs = [],
            CgroupRoot = "",
            Snapshotter = "",
            InsecureRegistries = [],
            KeepAlive = TimeSpan.FromMinutes(1),
        },
        Identity, _clock, new Random(1), NullLogger.Instance).Run(CancellationToken.None);
}
