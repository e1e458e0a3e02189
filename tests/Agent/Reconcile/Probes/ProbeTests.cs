using System.Net;
using System.Net.Sockets;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Probes;
using Edge.Agent.Runtime;
using Edge.Proto.Model;
using Edge.Tests.Agent.Reconcile.Simulation;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile.Probes;

public sealed class ProbeTests : IDisposable
{
    /// <summary>A real connection to a loaded machine may take longer than Kubernetes' default of one second.</summary>
    private const int PatientSeconds = 30;

    private readonly FakeClock _clock = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ProbeClient _client;
    private readonly SemaphoreSlim _asked = new(0);
    private readonly SemaphoreSlim _changed = new(0);

    public ProbeTests()
    {
        _listener.Start();
        var random = new Random(1);
        var world = new SimWorld(_clock, random, new SimFaults(random) { On = false }, []);
        _client = new ProbeClient(world, TimeProvider.System);
    }

    private string _message = "";

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _listener.Dispose();
        _client.Dispose();
        _asked.Dispose();
        _changed.Dispose();
    }

    [Fact]
    public void A_verdict_needs_its_threshold_in_a_row()
    {
        var counter = ProbeCounter.For(new Probe { SuccessThreshold = 2, FailureThreshold = 3 }, null);
        Assert.Null(Passed(counter, "+"));
        Assert.True(Passed(counter, "++"));
        Assert.Null(Passed(counter, "--"));
        Assert.False(Passed(counter, "---"));
        Assert.Null(Passed(counter, "--+--"));
        Assert.True(Passed(counter, "++--"));
        Assert.False(Passed(counter, "++---+"));
    }

    [Fact]
    public void What_was_known_stays_until_a_threshold_says_otherwise()
    {
        var counter = ProbeCounter.For(new Probe(), passed: true);
        Assert.True(Passed(counter, "--"));
        Assert.False(Passed(counter, "---"));
    }

    [Theory]
    [InlineData("200 OK", true, "")]
    [InlineData("399 Odd", true, "")]
    [InlineData("500 Oops", false, "HTTP probe failed with statuscode: 500")]
    public async Task An_answer_from_200_to_399_is_well(string status, bool well, string message)
    {
        var serving = Answer($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var answer = await Ask(new Probe
        {
            HttpGet = new HttpGetAction { Port = Number(Port), Path = "/healthz" },
            TimeoutSeconds = PatientSeconds,
        });
        Assert.Equal((well, message), (answer.Success, answer.Message));
        Assert.StartsWith("GET /healthz HTTP/1.1", await serving, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_open_port_is_well_and_a_closed_one_is_refused()
    {
        var probe = new Probe { TcpSocket = new TcpSocketAction { Port = Number(Port) } };
        Assert.True((await Ask(probe)).Success);
        var port = Port;
        _listener.Stop();
        var refused = await Ask(new Probe { TcpSocket = new TcpSocketAction { Port = Number(port) } });
        Assert.Equal($"dial tcp 127.0.0.1:{port}: connect: connection refused", refused.Message);
    }

    [Fact]
    public async Task A_liveness_probe_fails_after_its_threshold_at_its_period()
    {
        var port = Port;
        _listener.Stop();
        var probe = new Probe
        {
            TcpSocket = new TcpSocketAction { Port = Number(port) },
            PeriodSeconds = 5,
            FailureThreshold = 3,
            TerminationGracePeriodSeconds = 7,
        };
        await using var probes = Probes(new Container { Name = "c", LivenessProbe = probe });
        await _asked.WaitAsync();
        for (var again = 0; again < 2; again++)
        {
            Assert.Null(probes.Verdict.Failure);
            await Next(TimeSpan.FromSeconds(5));
        }

        await _changed.WaitAsync();
        Assert.Equal(new ProbeFailure("liveness", "", 7), probes.Verdict.Failure);
    }

    [Fact]
    public async Task A_header_that_cannot_be_sent_is_left_out_and_one_of_ours_is_replaced()
    {
        var serving = Answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        var answer = await Ask(new Probe
        {
            HttpGet = new HttpGetAction
            {
                Port = Number(Port),
                HttpHeaders =
                [
                    new HttpHeader { Name = "Content-Type", Value = "text/plain" },
                    new HttpHeader { Name = "no name", Value = "x" },
                    new HttpHeader { Name = "User-Agent", Value = "mine" },
                ],
            },
        });
        Assert.Equal((true, ""), (answer.Success, answer.Message));
        var asked = await serving;
        Assert.Contains("User-Agent: mine\r\n", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("kube-probe", asked, StringComparison.Ordinal);
        Assert.Contains("Connection: close\r\n", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_cannot_be_run_is_a_failure_with_its_message()
    {
        using var client = new ProbeClient(new FullDisk(_clock), TimeProvider.System);
        var probe = new Probe { Exec = new ExecAction { Command = ["true"] }, FailureThreshold = 1 };
        await using var probes = Probes(new Container { Name = "c", LivenessProbe = probe }, client);
        await _changed.WaitAsync();
        Assert.Equal("liveness", probes.Verdict.Failure?.Kind);
        Assert.Equal("No space left on device", _message);
    }

    [Fact]
    public async Task Readiness_is_not_asked_before_the_startup_probe_passed()
    {
        var ready = new Probe { TcpSocket = new TcpSocketAction { Port = Number(Port) } };
        var startup = new Probe { Exec = new ExecAction { Command = ["true"] }, InitialDelaySeconds = 30 };
        await using var probes = Probes(new Container { Name = "c", ReadinessProbe = ready, StartupProbe = startup });
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(new ProbeVerdict(Ready: false, StartupDone: false), probes.Verdict);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await _changed.WaitAsync();
        await _changed.WaitAsync();
        Assert.Equal(new ProbeVerdict(Ready: true, StartupDone: true), probes.Verdict);
    }

    private static bool? Passed(ProbeCounter counter, string results) =>
        results.Aggregate(counter, (before, result) => before.Add(result == '+')).Passed;

    private static IntOrString Number(int port) => new(port, null);

    private Task<ProbeAnswer> Ask(Probe probe) =>
        _client.Ask(probe, new Container { Name = "c" }, "x", "127.0.0.1", CancellationToken.None);

    private async Task<string> Answer(string response)
    {
        using var socket = await _listener.AcceptSocketAsync();
        var buffer = new byte[4096];
        var read = await socket.ReceiveAsync(buffer);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(response));
        return System.Text.Encoding.ASCII.GetString(buffer, 0, read);
    }

    private ContainerProbes Probes(Container container, ProbeClient? client = null)
    {
        var now = _clock.GetUtcNow();
        var seen = new SeenContainer { Id = "x", Name = "c", State = SeenState.Running, StartedAt = now };
        var pod = new Pod { Spec = new PodSpec { Containers = [container] } };
        return new ContainerProbes(client ?? _client, _clock, new ProbeTarget(pod, container, seen, "127.0.0.1"))
        {
            Changed = () => _changed.Release(),
            Unhealthy = (_, message) =>
            {
                _message = message;
                _asked.Release();
            },
        }.Begin(wasReady: false, wasStarted: false);
    }

    /// <summary>The answer came before its timer was set, so the clock goes on until the next one was asked.</summary>
    private async Task Next(TimeSpan period)
    {
        _clock.Advance(period);
        while (!await _asked.WaitAsync(TimeSpan.FromMilliseconds(20)))
        {
            _clock.Advance(period);
        }
    }

    /// <summary>A node where nothing can be written, so no command gets its pipes.</summary>
    private sealed class FullDisk(FakeClock clock)
        : SimWorld(clock, new Random(1), new SimFaults(new Random(1)) { On = false }, [])
    {
        public override Task<ExecResult> Exec(
            string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellation) =>
            throw new IOException("No space left on device");
    }
}
