using System.Text;
using System.Text.Json.Nodes;
using Edge.Agent.Ledger;
using Edge.Agent.Local;
using Edge.Agent.Reconcile;
using Edge.Agent.Report.Streams;
using Edge.Agent.Runtime.Logs;
using Edge.Agent.Settings;
using Edge.Proto.Model;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Local;

/// <summary>What a person types on site, up to the ledger and back.</summary>
public sealed class SiteCommandsTests : IAsyncLifetime
{
    private const string Web = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec: {containers: [{name: main, image: a}, {name: side, image: b}]}
        """;

    private readonly string _home = MemoryDirectory.Create("edge-site-");
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private readonly NodeLedger _ledger;
    private readonly Site _site;
    private int _wakes;
    private Task _running = Task.CompletedTask;

    public SiteCommandsTests()
    {
        _ledger = NodeLedger.Open(_home, NullLogger.Instance);
        _site = new Site("shed", _ledger, null, _clock, new Random(1), NullLogger.Instance)
        {
            Doors = new SiteDoors { Wanted = () => _wakes++ },
        };
    }

    public Task InitializeAsync()
    {
        var facts = new DeskFacts(
            "1.2.3", "shed", Path.Combine(_home, "ledger.db"), () => "mqtts://hub:8883", () => TimeSpan.FromMinutes(3));
        var desk = new LocalDesk(_site, _ledger, new LogStreams(_ledger, _home, _clock), facts);
        var server = new LocalServer(
            LocalServer.PathIn(_home), desk.Answer, user => user == 0, _clock, NullLogger.Instance);
        _running = server.Run(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _ledger.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_pod_that_is_applied_is_wanted_listed_and_deleted_again()
    {
        Assert.Equal("pod/web created\n", await Do("apply", "-f", File("web.yaml", Web)));
        Assert.Single(_ledger.Wanted.Entries);
        Assert.Empty(_ledger.Desired);
        Assert.Equal(1, _wakes);
        Assert.Equal("pod/web unchanged\n", await Do("apply", "-f", File("web.yaml", Web)));
        Assert.Equal(1, _wakes);

        _clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(
            """
            NAMESPACE   NAME   READY   STATUS    RESTARTS   AGE   SOURCE
            default     web    0/2     Pending   0          90s   local

            """,
            await Do("ps"));
        Assert.Equal("pod \"web\" deleted\n", await Do("delete", "pod/web"));
        Assert.Empty(_ledger.Wanted.Entries);
        Assert.Equal("", await Do("ps"));
        Assert.Equal("No pods on this node.\n", _error.ToString());
        Assert.Contains("applied pod default/web", _site.Changes().Message);
    }

    [Fact]
    public async Task Manifests_may_come_from_the_standard_input_and_be_deleted_by_their_file()
    {
        var several = $"{Web}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: keys}}\nstringData: {{a: b}}\n";
        Assert.Equal("pod/web created\nsecret/keys created\n", await DoWith(several, "apply", "-f", "-", "-n", "shop"));
        Assert.Contains("secrets/shop/keys", _ledger.Wanted.Entries.Keys);
        Assert.Equal(
            "pod \"web\" deleted\nsecret \"keys\" deleted\n",
            await Do("delete", "-n", "shop", "-f", File("several.yaml", several)));
        Assert.Empty(_ledger.Wanted.Entries);
    }

    [Fact]
    public async Task What_is_wrong_goes_to_the_error_output_and_changes_nothing()
    {
        await Fails("error: Pod \"web\" is invalid: spec.containers[1].image: Required value\n",
            "apply", "-f", File("web.yaml", Web.Replace(", image: b", "")));
        await Fails("error: pods \"web\" not found\n", "delete", "pod/web");
        await Fails("error: must specify pod/NAME or -f\n", "delete", "web");
        await Fails("error: must specify -f\n", "apply");
        await Fails("error: pods \"web\" not found\n", "logs", "web");
        Assert.NotEqual(0, (await Type("", "ps", "-o", "wide")).Code);
        Assert.NotEqual(0, (await Type("", "apply", "-f", Path.Combine(_home, "none.yaml"))).Code);
        Assert.Empty(_ledger.Local);
        Assert.Equal(0, _wakes);
    }

    [Fact]
    public async Task Without_an_agent_a_command_says_so()
    {
        var (code, _, error) = await Type("", "status", "--run-dir", "/nowhere");
        Assert.Equal((1, true), (code, error.StartsWith("error: no agent answers at /nowhere/agent.sock: ")));
    }

    [Fact]
    public async Task The_servers_pod_is_stopped_until_its_next_word()
    {
        _ledger.Apply([Server("web")], []);
        Assert.Null(_site.HeldFor("u-web"));
        Assert.Equal("pod \"web\" stopped until the server's next word\n", await Do("delete", "pod/web"));
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.FromSeconds(5), _site.HeldFor("u-web"));
        Assert.Matches("web +0/2 +Held +0 .* server\n", await Do("ps"));
        Assert.Contains("stopped until the server's next word: default/web", _site.Changes().Message);

        using (var again = new NodeLedgerCopy(_home))
        {
            var later = new Site("shed", again.Ledger, null, _clock, new Random(2), NullLogger.Instance);
            Assert.Equal(TimeSpan.MaxValue, later.HeldFor("u-web"));
        }

        _site.LinkChanged(Edge.Agent.Link.LinkState.Disconnected);
        Assert.NotNull(_site.HeldFor("u-web"));
        _site.LinkChanged(Edge.Agent.Link.LinkState.Connected);
        Assert.Null(_site.HeldFor("u-web"));
        Assert.False(_site.Changes().Differs);
        Assert.Contains("the server's word ended the stop of pod default/web", _site.Changes().Message);
    }

    [Fact]
    public async Task Only_what_the_server_knows_of_is_told_to_it_and_everything_is_told_on_site()
    {
        _ledger.Apply([Server("web")], []);
        Assert.True(_site.Heard(Said("u-web", "Started", "Started container main")));
        Assert.False(_site.Heard(Said("mine", "BackOff", "Back-off restarting failed container")));
        Assert.False(_site.Heard(Said("mine", "BackOff", "Back-off restarting failed container")));
        Assert.True(_site.Saw("u-web", new PodReport()));
        Assert.False(_site.Saw("mine", new PodReport()));
        Assert.True(_site.Saw("mine", null));

        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(
            """
            LAST SEEN   TYPE      REASON    NAMESPACE   OBJECT      MESSAGE
            2m          Warning   Started   default     pod/u-web   Started container main
            2m (x2)     Warning   BackOff   default     pod/mine    Back-off restarting failed container

            """,
            await Do("events"));
    }

    [Fact]
    public void The_events_kept_are_bounded()
    {
        for (var i = 0; i < 2 * SiteEvents.EventsMax; i++)
        {
            _site.Heard(Said("mine", "Failed", new string('x', 2000) + i));
            _site.Heard(Said("mine", "Failed", $"{i}"));
        }

        Assert.Equal(SiteEvents.EventsMax, _site.Events.Newest().Count);
        Assert.All(_site.Events.Newest(), one => Assert.True(one.Said.Message.Length <= 1024));
    }

    [Fact]
    public async Task The_list_as_json_is_a_list_of_Kubernetes()
    {
        _ledger.Apply([Server("web")], []);
        _site.Saw("u-web", new PodReport { Status = new PodStatus { Phase = "Running", PodIP = "10.64.0.9" } });
        var list = JsonNode.Parse(await Do("ps", "-o", "json"))!;
        Assert.Equal("List", (string?)list["kind"]);
        Assert.Equal("10.64.0.9", (string?)list["items"]![0]!["status"]!["podIP"]);
        Assert.Equal("api", (string?)list["items"]![0]!["metadata"]!["annotations"]!["kubernetes.io/config.source"]);
    }

    [Fact]
    public async Task The_status_says_what_is_known_of_the_server()
    {
        var said = await Do("status");
        Assert.Matches("version: +1.2.3\n", said);
        Assert.Matches("server: +mqtts://hub:8883\n", said);
        Assert.Matches("session: +disconnected\n", said);
        Assert.Matches("lastAnswer: +3m ago\n", said);
        Assert.Matches("desiredDigest: +0{32}\n", said);
        _ledger.Apply([Server("web")], []);
        Assert.Matches("desiredDigest: +[0-9a-f]{32}\n", await Do("status"));
        Assert.Matches("pods: +1 of the server, 0 static, 0 local\n", await Do("status"));
    }

    [Fact]
    public async Task A_log_is_printed_and_the_first_container_is_meant_when_none_is_named()
    {
        _ledger.Apply([Server("web")], []);
        _ledger.Save(new PodRecord { Uid = "u-web", Namespace = "default", Name = "web" }
            .With("main", new ContainerRecord { Started = true }));
        var log = LogPaths.LogFile(_home, "default", "web", "u-web", "main", 0);
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        await System.IO.File.WriteAllTextAsync(log, string.Concat(Enumerable.Range(1, 5000).Select(i =>
            $"2026-01-01T00:00:00.000000000Z stdout F line {i}\n")));

        Assert.Equal("line 4999\nline 5000\n", await Do("logs", "web", "--tail", "2"));
        Assert.Equal("Defaulted container \"main\" out of: main, side\n", _error.ToString());
        Assert.Equal(5000, (await Do("logs", "pod/web", "-c", "main")).Count(letter => letter == '\n'));
        await Fails("error: container gone is not valid for pod web\n", "logs", "web", "-c", "gone");
        await Fails("error: tail: \"x\" is not a number of lines\n", "logs", "web", "-c", "main", "--tail", "x");
        await Fails(
            "error: previous terminated container \"main\" in pod \"web\" not found\n",
            "logs", "web", "-c", "main", "--previous");
    }

    private static PodEvent Said(string uid, string reason, string message) => PodEvent.For(
        new Pod { Metadata = new ObjectMeta { Namespace = "default", Name = uid, Uid = uid } }, null, true, reason,
        message);

    private static KeyValuePair<string, byte[]> Server(string name) => new($"pods/u-{name}", Encoding.UTF8.GetBytes(
        """
        {"metadata": {"name": "NAME", "namespace": "default", "uid": "u-NAME"},
         "spec": {"containers": [{"name": "main", "image": "a"}, {"name": "side", "image": "b"}]}}
        """.Replace("NAME", name)));

    private string File(string name, string text)
    {
        var path = Path.Combine(_home, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private async Task Fails(string error, params string[] command)
    {
        var (code, printed, said) = await Type("", command);
        Assert.Equal((1, "", error), (code, printed, said));
    }

    private Task<string> Do(params string[] command) => DoWith("", command);

    private async Task<string> DoWith(string input, params string[] command)
    {
        var (code, printed, error) = await Type(input, command);
        Assert.True(code == 0, error);
        return printed;
    }

    private async Task<(int Code, string Out, string Error)> Type(string input, params string[] command)
    {
        _out.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        var raw = new MemoryStream();
        var console = new SiteConsole(
            _out, _error, () => new MemoryStream(Encoding.UTF8.GetBytes(input)), () => raw);
        var code = await CommandLine.Run(
            command, (_, _) => Task.FromResult(0), SiteCommands.All(console, () => _home, _clock));
        return (code, _out + Encoding.UTF8.GetString(raw.ToArray()), _error.ToString());
    }

    /// <summary>The ledger as another life of the agent finds it.</summary>
    private sealed class NodeLedgerCopy : IDisposable
    {
        private readonly string _copy = MemoryDirectory.Create("edge-site-copy-");

        public NodeLedgerCopy(string home)
        {
            foreach (var file in Directory.GetFiles(home, "ledger*"))
            {
                System.IO.File.Copy(file, Path.Combine(_copy, Path.GetFileName(file)));
            }

            Ledger = NodeLedger.Open(_copy, NullLogger.Instance);
        }

        public NodeLedger Ledger { get; }

        public void Dispose()
        {
            Ledger.Dispose();
            Directory.Delete(_copy, recursive: true);
        }
    }
}
