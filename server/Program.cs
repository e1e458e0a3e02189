using Edge.Proto;
using Edge.Server;
using Edge.Server.Admission;
using Edge.Server.Api;
using Edge.Server.Api.Metrics;
using Edge.Server.Control;
using Edge.Server.Control.Certificates;
using Edge.Server.Control.ClusterRoles;
using Edge.Server.Control.GarbageCollection;
using Edge.Server.Control.Namespaces;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.Pods;
using Edge.Server.Control.ServiceAccounts;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Server.Pki;
using Edge.Server.Schedule;
using Edge.Server.Schema;
using Edge.Server.Settings;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

// The composition root: kubectl ─▶ Api ─▶ Store ─▶ Control ─▶ Schedule ─▶ Fleet ─▶ Link ═MQTT═▶ nodes.
return await CommandLine.Run(args, Serve);

static async Task Serve(ServerSettings settings, CancellationToken ct)
{
    var (time, random) = (TimeProvider.System, Random.Shared);
    Func<string> newUid = new UidSource().Next;
    using var logs = ConsoleLog.Create();
    // One thread waits for the disk for much of the time; the others are to keep every processor busy.
    ThreadPool.SetMinThreads(Environment.ProcessorCount + 1, Environment.ProcessorCount);
    // Heartbeats of a thousand nodes stay below; a rollout of ten pods is above.
    using var memory = new ResidentMemory(time, quietBytes: 8 * 1024 * 1024);
    using var notice = ServiceNotice.OfThisProcess(Environment.GetEnvironmentVariable, time);
    Directory.CreateDirectory(settings.DataDir);
    Directory.CreateDirectory(settings.RunDir);
    var pki = PkiFiles.LoadOrCreate(settings.PkiDir, settings.CertificateNames);

    await using var store = ObjectStore.Open(PartSettings.Store(settings), time, logs.CreateLogger<ObjectStore>());
    var objects = new Objects(store, time, newUid, logs.CreateLogger<Objects>());
    var events = new EventRecorder(objects, time);
    var clusterUid = await new ClusterBootstrap(objects, time).Run(PartSettings.Cluster(settings, pki), ct);

    var broker = settings.Broker is null
        ? new BrokerProcess(PartSettings.Broker(settings, pki), time, logs.CreateLogger<BrokerProcess>())
        : null;
    DenyList? denied = null;
    var link = new LinkServer(
        PartSettings.Link(settings, pki, clusterUid, key => denied?.Now.Keys.Contains(key) == true), time, random,
        logs.CreateLogger<LinkServer>());
    denied = new DenyList(
        objects, link, (all, cut) => broker?.SetDenied(all.Nodes, pki.NodeCa.Revoke(all.Keys), cut),
        logs.CreateLogger<DenyList>());

    var usage = new UsageRelay(link.OpenStream, objects, time, logs.CreateLogger<UsageRelay>());
    var workloads = new WorkloadControllers(
        objects, new PodAdmission(objects, PartSettings.Tolerations(settings)), new NameSuffix(random), events,
        usage.Ask, time, logs);
    IController[] controllers =
    [
        .. workloads.All,
        new CertificatesController(
            objects, pki.NodeCa, pki.ApiCa, () => denied.Now, time, logs.CreateLogger<CertificatesController>()),
        new KeyRotationController(
            objects, settings.NodeKeyRotation, time, logs.CreateLogger<KeyRotationController>()),
        new ClusterRolesController(objects),
        new GarbageCollectionController(
            objects, SchemaCatalog.Default, events, logs.CreateLogger<GarbageCollectionController>()),
        new NamespacesController(objects, time, logs.CreateLogger<NamespacesController>()),
        new NodesController(objects, events, time, logs.CreateLogger<NodesController>()),
        new PodsController(objects, settings.TerminatedPodGcThreshold, time, logs.CreateLogger<PodsController>()),
        new ServiceAccountsController(objects),
        new TaintEvictionController(
            objects, events, new NodeContact(link.SilenceOf, link.TryWithhold, link.Settle, link.Release), time,
            logs.CreateLogger<TaintEvictionController>()),
    ];
    var control = controllers.Select(
        controller => new ControllerLoop(controller, store, time, logs.CreateLogger<ControllerLoop>()));
    var scheduler = new SchedulerLoop(objects, events, time, logs.CreateLogger<SchedulerLoop>());

    var hold = new RestoreHold(objects, link, time, logs.CreateLogger<RestoreHold>());
    var publisher = new DesiredPublisher(objects, link, hold, logs.CreateLogger<DesiredPublisher>(), settings.GpuMap);
    var strangers = new NodeReturn(objects, publisher.PodsOn, time, logs.CreateLogger<NodeReturn>());
    var absent = new PodPresence(objects, publisher.PodsOn, events, time);
    var intake = new ReportIntake(
        objects, link.Events, absent, events, settings.NodeMonitorGracePeriod, time, logs.CreateLogger<ReportIntake>())
        { Introduce = strangers.Make, GpuTaint = PartSettings.GpuTaint(settings) };
    var addressing = new NodeAddressing(objects, logs.CreateLogger<NodeAddressing>());
    var contacts = new LastContacts(objects, link.HeardAgo, time);
    var relay = new LogRelay(link.OpenStream, contacts.Of, time);

    await using var api = new ApiServer(
        PartSettings.Api(settings, pki, () => denied.Now) with
        {
            Usages = new NodeUsages(usage.Ask, time) { Gpus = PartSettings.Gpus(link, time, logs).Ask },
            Streams = new StreamRelay(link.OpenStream, link.IsConnected, contacts.Of, time),
        },
        objects, (node, request, cancel) => relay.Open(node, LogStream.Of(request), cancel), time, random, logs);

    // Nodes must hear what they run, and whom we deny, from the first hello on.
    denied.Prime();
    publisher.Prime();
    workloads.Prime();
    await api.Start(ct);
    Kubeconfig.Write(settings.AdminKubeconfig, settings.ApiUrl, pki);

    await Loops.Run(
        logs.CreateLogger("edge-server"),
        [
            .. control.Select(loop => (Func<CancellationToken, Task>)loop.Run),
            scheduler.Run, publisher.Run, intake.Run, addressing.Run, denied.Run, link.Run, api.Run,
            new ServicePulse(store, notice, time).Run,
            .. broker is null ? Array.Empty<Func<CancellationToken, Task>>() : [broker.Run],
            cancel => store.Completion.WaitAsync(cancel),
        ],
        ct);
    await api.Stop(CancellationToken.None);
}
