using Edge.Agent;
using Edge.Agent.Enrolment;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Local;
using Edge.Agent.Network;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Probes;
using Edge.Agent.Report;
using Edge.Agent.Report.Streams;
using Edge.Agent.Report.Usage;
using Edge.Agent.Runtime;
using Edge.Agent.Settings;
using Edge.Proto;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

return GpuParts.Child(args, Console.OpenStandardOutput) ?? await CommandLine.Run(args, Agent, SiteParts.Commands(
    new(Console.Out, Console.Error, Console.OpenStandardInput, Console.OpenStandardOutput)));

// Link ─▶ Ledger ─▶ Reconcile ─▶ Runtime · Network; back by Report ─▶ Link. Pods start from the ledger before any
// socket to the server is opened; SIGTERM ends the loops and leaves the containers running.
static async Task<int> Agent(AgentSettings settings, CancellationToken terminated)
{
    // Allocation of an idle minute stays far below; a pod's start is far above.
    using var memory = new ResidentMemory(TimeProvider.System, quietBytes: 512 * 1024);
    using var logs = new TextLog(Console.Error, LogLevel.Information);
    using var stop = CancellationTokenSource.CreateLinkedTokenSource(terminated);
    var (clock, random, version) = (BootClock.Instance, Random.Shared, AgentVersion.Text);
    var identity = NodeIdentity.Open(settings.PkiDir);
    if (!identity.IsEnrolled && settings.MissingForEnrolment() is { Count: > 0 } missing)
    {
        return CommandLine.Fail(missing);
    }

    using var ledger = NodeLedger.Open(settings.DataDir, logs.CreateLogger("Ledger"));
    var local = logs.CreateLogger("Local");
    var site = SiteParts.Open(settings, ledger, clock, random, local);
    using var turn = await Parts.TakeOutput(settings, clock, stop.Token);
    await using var runtime = new ContainerdRuntime(Parts.Runtime(settings), clock, random, logs, turn);
    using var notice = ServiceNotice.OfThisProcess(Environment.GetEnvironmentVariable, clock, runtime.IsDraining);
    using var network = new SandboxNetwork(Parts.Network(settings), clock, logs.CreateLogger("Network"));
    await network.Start(stop.Token);
    network.KeepAddresses(Parts.Addresses(ledger));

    (LinkClient? link, ReconcileLoop? loop) = (null, null);
    var node = NodeInventory.Read(settings.DataDir, settings.NodeIp, version);
    var reports = new ReportOutbox();
    var events = new EventReport(settings.NodeName, reports.Event, clock);
    var contact = SiteParts.Contact(settings, node, () => link?.LastAnswer, clock);
    var facts = SiteParts.Node(settings, node);
    void Wake(string uid) => loop?.Wake(uid);
    Action<PodEvent> say = SiteParts.Say(site, events);

    var log = logs.CreateLogger("Reconcile");
    var gpus = GpuParts.Open(settings, Environment.GetEnvironmentVariable, clock, random, logs);
    var known = new KnownSettings(() => ledger.Desired, log);
    var sharing = GpuParts.Sharing(settings, gpus, () => known.Now, logs);
    var grants = GpuParts.Grants(settings, gpus, sharing);
    var edge = new NodeEdge(runtime, network, grants, settings.DataDir, settings.RunDir);
    var health = GpuParts.Health(gpus, clock);
    await using var pulls = new ImagePulls(edge, Wake, clock, stop.Token);
    await using var probes = new ProbeSet(new ProbeClient(edge, clock), Wake, say, clock);
    var images = new ImageSteps(edge, pulls, say, clock);
    var around = new RoundSurroundings(clock, () => facts, contact.Since, SiteParts.Report(site, reports))
    {
        ReportPassing = SiteParts.Report(site, reports, isPassing: true), Devices = health.Of, Say = say,
        HeldFor = site.HeldFor, IsHeldBack = known.HoldsBack, HasServer = () => link?.State == LinkState.Connected,
        KeepAlive = () => Fencing.KeepAlive(contact.KeepAlive, known.Now),
    };
    var runner = new PodRunner(edge, ledger, images, say, clock, log);
    loop = new ReconcileLoop(
        edge, ledger, new PodRounds(ledger, runner, images, probes, around, log), clock, log) { Notice = notice };
    var status = new NodeStatusReport(
        settings.NodeName, settings.DataDir, node, SiteParts.Sources(site, settings, runtime, reports, gpus, sharing),
        clock, logs.CreateLogger("Report"));
    var files = new LogStreams(ledger, settings.DataDir, clock);
    SiteParts.Join(site, () => link, loop, status, events, settings.NodeName);
    GpuParts.Join(gpus, runtime, sharing, health, reports, status, loop, site.Doors.SayOfNode);
    var desk = new LocalDesk(site, ledger, files, SiteParts.Facts(settings, identity, version, contact));

    async Task Online()
    {
        await new Enrolling(settings, identity, clock, random, logs.CreateLogger("Enrolment")).Run(stop.Token);
        var held = DesiredIntake.Held(ledger);
        var keys = new NodeKeys(settings, identity);
        link = new LinkClient(
            Parts.Link(settings, identity, keys, version, node.System.BootID), held, clock, random,
            new Logger<LinkClient>(logs)) { HasLeases = () => Parts.HasLeases(ledger) };
        link.Answered += contact.Keep;
        link.StateChanged += site.LinkChanged;
        link.StateChanged += _ => loop.WakeAll();
        reports.Attach(link);
        using var meter = UsageMeter.OfThisNode(ledger, settings.CgroupRoot, clock);
        var spending = Spending.OfThisNode(link.Traffic, ledger, runtime, settings.CgroupRoot, clock);
        var processes = new ProcessAnswers(ledger, runtime, clock);
        var answers = new Dictionary<string, StreamAnswer>
        {
            [LogStreamRequest.StreamKind] = files.Answer,
            [PodStreamRequest.ExecKind] = processes.Exec,
            [PodStreamRequest.AttachKind] = processes.Attach,
            [PodStreamRequest.PortKind] = new PortAnswers(network.Connect, clock).Answer,
            [NodeUsage.StreamKind] = new UsageStreams(meter, spending.Now).Answer,
            [GpuInventory.StreamKind] = new GpuStreams(gpus.Read, clock, stop.Token).Answer,
        };
        await Task.WhenAll(
            link.Run(stop.Token), spending.Tell(reports.Budgets, stop.Token),
            DesiredIntake.Run(link.Desired, ledger, loop, clock, stop.Token, () => sharing.Look()),
            new StreamAnswers(answers, logs.CreateLogger("Report")).Run(link.Streams, stop.Token),
            keys.Run(link, known, clock, random, logs.CreateLogger("Enrolment"), stop.Token));
    }

    Task[] loops =
    [
        runtime.Run(stop.Token), RuntimeHints.Follow(runtime.Events, loop, status.Wake, stop.Token),
        loop.Run(stop.Token), status.Run(stop.Token), gpus.Run(stop.Token), Online(),
        site.Run(stop.Token), SiteParts.Server(settings, desk, clock, local).Run(stop.Token),
    ];
    return await Parts.UntilFirstEnd(loops, stop, Console.Error);
}
