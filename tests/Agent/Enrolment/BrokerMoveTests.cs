using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Enrolment;
using Edge.Agent.Settings;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Enrolment;

/// <summary>
/// The cluster's broker is another one, and the node comes to know it without losing the one that it has.
/// </summary>
public sealed class BrokerMoveTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly BrokerAddress s_old = new(new Uri("mqtts://old.example:8883"), IsSealed: false, null);
    private static readonly BrokerAddress s_new = new(new Uri("mqtts://new.example:8883"), IsSealed: true, "PEM");

    private readonly string _dir = Directory.CreateTempSubdirectory("edge-move-").FullName;
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly EnrolmentServer _server;
    private readonly BrokerChoice _choice;
    private Task _running = Task.CompletedTask;
    private BrokerMove? _move;
    private string _cluster = "c-1";
    private volatile bool _isOpen;
    private int _connected;

    public BrokerMoveTests()
    {
        _server = new EnrolmentServer
        {
            Answer = _ => ("200 OK", $$$"""
                {"data":{"cluster-uid":"{{{_cluster}}}","broker":"{{{s_new.Url.OriginalString}}}",
                 "broker-sealed":"true","broker-ca.crt":"PEM"}}
                """),
        };
        _choice = new BrokerChoice(Identity);
    }

    private NodeIdentity Identity => NodeIdentity.Open(Path.Combine(_dir, "pki"));

    public Task InitializeAsync()
    {
        Identity.Key().Dispose();
        Identity.Store(new Enrolled(
            "c-1", s_old, "PEM", _server.Url, _server.Authority.ExportCertificatePem(), Certificate()));
        var settings = new AgentSettings
        {
            DataDir = _dir, RunDir = _dir, NodeName = "press-7", ContainerdSocket = "", CniBinDirs = [],
            CgroupRoot = "", InsecureRegistries = [], KeepAlive = TimeSpan.FromMinutes(2), Snapshotter = "",
        };
        _move = new BrokerMove(
            settings, Identity, new MoveLink(() => _isOpen, () => Interlocked.Increment(ref _connected)), _clock,
            new Random(1), NullLogger.Instance);
        _running = _move.Run(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Patience);
        await _server.DisposeAsync();
        Directory.Delete(_dir, recursive: true);
    }

    [Fact]
    public async Task A_welcome_that_names_another_broker_has_the_node_ask_and_try_both_until_one_is_proved()
    {
        _isOpen = true;
        _move!.Opened(s_old.Print, s_new.Print);
        await Until(() => Identity.NextBroker?.Address == s_new && _connected == 1);
        Assert.Equal(s_old, Identity.Broker);
        Assert.Equal([s_new, s_old, s_new], new[] { _choice.Turn(), _choice.Turn(), _choice.Turn() }
            .Select(turn => turn.Address));

        // The old one leads there as well: nothing is torn down again for that.
        _move.Opened(s_old.Print, s_new.Print);
        _move.Opened(s_new.Print, s_new.Print);
        await Until(() => Identity.NextBroker is null);
        Assert.Equal(s_new, Identity.Broker);
        Assert.Equal(s_new, _choice.Turn().Address);
        Assert.Equal(1, _connected);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task A_device_that_no_broker_leads_to_its_server_asks_the_api()
    {
        while (Identity.NextBroker is null)
        {
            _clock.Advance(BrokerMove.AskAfter);
            await Task.Yield();
        }

        Assert.Equal(s_new, Identity.NextBroker!.Address);
        Assert.Equal(["GET /api/v1/namespaces/kube-public/configmaps/edge-cluster"], _server.Requests.Distinct());
    }

    [Fact]
    public async Task What_another_cluster_says_counts_for_nothing()
    {
        _cluster = "c-2";
        _move!.Opened(s_old.Print, s_new.Print);
        await Until(() => _server.Requests.Count == 1);
        _cluster = "c-1";
        _move.Opened(s_old.Print, s_new.Print);
        await Until(() => Identity.NextBroker is not null);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Theory]
    [InlineData(1, 0, 1, 0, "None")]
    [InlineData(1, 2, 2, 0, "Promote")]
    [InlineData(1, 0, 1, 1, "None")]
    [InlineData(1, 2, 1, 1, "DropNext")]
    [InlineData(1, 0, 1, 2, "Ask")]
    [InlineData(1, 2, 1, 3, "Ask")]
    [InlineData(1, 2, 2, 3, "Ask")]
    [InlineData(1, 2, 1, 2, "TryNext")]
    [InlineData(1, 2, 2, 2, "Promote")]
    public void What_follows_from_a_welcome(ulong present, ulong next, ulong dialled, ulong named, string step) =>
        Assert.Equal(step, BrokerPlan.Opened(present, next, dialled, named).ToString());

    private string Certificate()
    {
        using var key = Identity.Key();
        var request = new CertificateRequest(
            "CN=press-7", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return made.ExportCertificatePem();
    }

    private static async Task Until(Func<bool> holds)
    {
        var since = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(since.Elapsed < Patience, "not within the time");
            await Task.Delay(10);
        }
    }
}
