using System.CommandLine;
using Edge.Agent.Devices.Gpu;
using Edge.Agent.Devices.Sharing;
using Edge.Agent.Enrolment;
using Edge.Agent.Ledger;
using Edge.Agent.Link;
using Edge.Agent.Local;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Report;
using Edge.Agent.Runtime;
using Edge.Agent.Settings;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent;

/// <summary>What the folder for a person on site is joined to, for the composition root.</summary>
internal static class SiteParts
{
    /// <summary>What the binary can do besides being the agent.</summary>
    public static IReadOnlyList<Command> Commands(SiteConsole console) =>
        [.. SiteCommands.All(console, CommandLine.RunDir, TimeProvider.System), GpuParts.Command(console)];

    /// <summary>With the static pods read: a pod that is not named when the loop begins would end.</summary>
    public static Site Open(
        AgentSettings settings, NodeLedger ledger, TimeProvider clock, Random random, ILogger logger)
    {
        var statics = settings.StaticPodDir is { } directory
            ? new StaticPods(directory, settings.NodeName, ledger, clock, logger)
            : null;
        statics?.Load();
        return new Site(settings.NodeName, ledger, statics, clock, random, logger);
    }

    /// <summary>What is said of a pod that the server does not know stays here.</summary>
    public static Action<PodEvent> Say(Site site, EventReport events) => said =>
    {
        if (site.Heard(said))
        {
            events.Say(said.Pod, said.Warning, said.Reason, said.Message);
        }
    };

    public static Action<string, PodReport?> Report(Site site, ReportOutbox reports, bool isPassing = false) =>
        (uid, report) =>
        {
            if (site.Saw(uid, report))
            {
                reports.Pod(uid, report, isPassing);
            }
        };

    public static void Join(
        Site site, Func<LinkClient?> link, ReconcileLoop loop, NodeStatusReport status, EventReport events, string node)
    {
        // As a kubelet names itself: by its name in place of a uid.
        var about = new ObjectReference { Kind = "Node", ApiVersion = "v1", Name = node, Uid = node };
        site.Link = link;
        site.Doors = new SiteDoors
        {
            Wanted = loop.WakeAll,
            NodeChanged = status.Wake,
            SayOfNode = (warning, reason, message) => events.Say(about, warning, reason, message),
        };
    }

    /// <summary>What the node's status is made of besides the node itself.</summary>
    public static NodeStatusSources Sources(
        Site site, AgentSettings settings, ContainerdRuntime runtime, ReportOutbox reports, GpuNode gpus,
        GpuSharing sharing) =>
        new(token => RuntimeSight.Read(runtime, token), reports.Node)
        {
            Local = site.Changes,
            Gpus = sharing.Look,
            Sharing = () => sharing.Condition,
            Known = gpus.FirstLook,
            IsEco = settings.IsEco,
        };

    public static DeskFacts Facts(
        AgentSettings settings, NodeIdentity identity, string version, ServerContact contact) =>
        new(version, settings.NodeName, Path.Combine(settings.DataDir, "ledger.db"),
            () => identity.IsEnrolled ? identity.Broker.Url.OriginalString : null, contact.Since);

    public static ServerContact Contact(
        AgentSettings settings, NodeInventory node, Func<ServerAnswer?> lastAnswer, TimeProvider clock) =>
        new(settings.RunDir, node.System.BootID, settings.KeepAlive, lastAnswer, clock);

    public static NodeFacts Node(AgentSettings settings, NodeInventory node) => new(
        settings.NodeName, node.Address, node.Cpus * 1000L, node.MemoryBytes, node.StorageBytes)
    {
        PodCidr = settings.PodCidr,
    };

    /// <summary>Only root asks.</summary>
    public static LocalServer Server(
        AgentSettings settings, LocalDesk desk, TimeProvider clock, ILogger logger) =>
        new(LocalServer.PathIn(settings.RunDir), desk.Answer, user => user == 0, clock, logger);
}
