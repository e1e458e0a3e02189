using System.Diagnostics;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Server.Link;

namespace Edge.Tests.Server.Link;

/// <summary>What the generated configuration allows, and how the broker is kept, with a real mosquitto.</summary>
public sealed class BrokerTests
{
    [SkippableFact]
    public async Task A_node_cannot_write_what_is_another_nodes()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var insider = await world.Insider("#");
        await Subscribed(insider);
        var a = await world.Node("a");
        a.Publish(Topics.Up("b"), "forged");
        a.Publish(Topics.Presence("b"), "forged", retain: true);
        a.Publish(Topics.StreamUp("b", "1"), "forged");
        a.Publish(Topics.Down("b"), "forged");
        a.Publish(Topics.Down("a"), "forged");
        a.Publish("other", "forged");
        a.Publish(Topics.Up("a"), "own");

        Assert.Single(await insider.Until(Topics.Up("a"), "own"));
    }

    [SkippableFact]
    public async Task A_node_cannot_read_what_is_another_nodes()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var insider = await world.Insider(Topics.AllUp);
        await Subscribed(insider);
        var a = await world.Node(
            "a", "#", Topics.Down("b"), Topics.StreamsDown("b"), Topics.AllUp, Topics.AllPresence, Topics.Down("a"));
        a.Publish(Topics.Up("a"), "subscribed");
        await insider.Until(Topics.Up("a"), "subscribed");
        insider.Publish(Topics.Down("b"), "secret");
        insider.Publish(Topics.StreamDown("b", "1"), "secret");
        insider.Publish(Topics.Up("b"), "secret");
        insider.Publish(Topics.Presence("b"), "secret", retain: true);
        insider.Publish(Topics.Down("a"), "own");

        Assert.Single(await a.Until(Topics.Down("a"), "own"));
    }

    /// <summary>
    /// A burst fills the socket's buffer; whether it is full again when the last part is written is a race with the
    /// broker, so often enough to meet each outcome.
    /// </summary>
    [SkippableFact]
    public async Task All_of_a_burst_leaves_however_much_the_socket_takes_at_a_time()
    {
        const int Rounds = 150;
        const int Messages = 24;
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var insider = await world.Insider(Topics.AllUp);
        await Subscribed(insider);
        var a = await world.Node("a");
        var filling = new string('x', 60_000);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < Messages; i++)
            {
                a.Publish(Topics.Up("a"), filling);
            }

            a.Publish(Topics.Up("a"), "last");

            Assert.Equal(Messages + 1, (await insider.Until(Topics.Up("a"), "last")).Count);
        }
    }

    [SkippableFact]
    public async Task A_denied_node_loses_its_rights_and_others_keep_theirs()
    {
        var (world, broker) = await LinkWorld.Start();
        await using var ended = world;
        var insider = await world.Insider(Topics.AllUp);
        await Subscribed(insider);
        var (a, b) = (await world.Node("a"), await world.Node("b"));
        a.Publish(Topics.Up("a"), "heard");
        await insider.Until(Topics.Up("a"), "heard");

        broker.SetDenied(["a"]);
        var quiet = 0;
        for (var i = 0; quiet < 3; i++)
        {
            // The signal is handled at some moment soon; one that is not handled at all never ends this.
            Assert.True(i < 50, "the denied node is still heard after five seconds");
            a.Publish(Topics.Up("a"), "late");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            b.Publish(Topics.Up("b"), $"{i}");
            quiet = (await insider.Until(Topics.Up("b"), $"{i}")).Count == 1 ? quiet + 1 : 0;
        }
    }

    [SkippableFact]
    public async Task A_denied_key_makes_no_connection_also_after_a_restart_until_it_is_let_in_again()
    {
        var (world, broker) = await LinkWorld.Start();
        await using var ended = world;
        var (stolen, own) = (world.NewKey("a"), world.NewKey("a"));
        await world.Knocking(stolen).Connected();

        broker.SetDenied([], world.Revoke(stolen));
        await UntilRefused(world, stolen);
        await world.Knocking(own).Connected();

        await broker.Stop(LinkWorld.Limit);
        var limit = LinkWorld.Limit;
        while (broker.FindRunning() is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit);
        }

        await world.Accepting();
        await UntilRefused(world, stolen);
        await world.Knocking(own).Connected();
        broker.SetDenied([], world.Revoke());
        await world.Knocking(stolen).Connected();
    }

    [SkippableFact]
    public async Task A_key_that_is_denied_loses_its_connection_and_the_nodes_other_key_connects()
    {
        var (world, broker) = await LinkWorld.Start();
        await using var ended = world;
        var (stolen, own) = (world.NewKey("a"), world.NewKey("a"));
        var (thief, other) = (world.Knocking(stolen), await world.Node("b"));
        await thief.Connected();

        broker.SetDenied([], world.Revoke(stolen), ["a"]);
        await thief.Refused();
        await UntilRefused(world, stolen);
        await world.Knocking(own).Connected();
        Assert.True(other.IsUnbroken);
    }

    /// <summary>Nothing of the broker is on disk yet, as after a restore of the database alone.</summary>
    [SkippableFact]
    public async Task A_node_that_was_denied_before_the_broker_runs_has_no_rights()
    {
        var (world, _) = await LinkWorld.Start("a");
        await using var ended = world;
        var insider = await world.Insider(Topics.AllUp);
        await Subscribed(insider);
        var (a, b) = (await world.Node("a"), await world.Node("b"));
        a.Publish(Topics.Up("a"), "heard");
        b.Publish(Topics.Up("b"), "own");

        Assert.Single(await insider.Until(Topics.Up("b"), "own"));
        Assert.StartsWith(
            $"user {Topics.UserPrefix}a\ntopic deny #\n", await File.ReadAllTextAsync(world.Settings.AclFile));
    }

    [SkippableFact]
    public async Task A_running_broker_is_adopted_and_cuts_no_session()
    {
        var (world, first) = await LinkWorld.Start();
        await using var ended = world;
        var a = await world.Node("a", Topics.Down("a"));
        var pid = first.FindRunning();
        await world.EndSupervision();

        var second = world.Supervise();
        var insider = await world.Insider(Topics.AllUp);
        a.Publish(Topics.Up("a"), "still here");
        await insider.Until(Topics.Up("a"), "still here");

        Assert.NotNull(pid);
        Assert.Equal(pid, second.FindRunning());
        Assert.True(a.IsUnbroken);
    }

    [SkippableFact]
    public async Task An_adopted_broker_shows_the_certificate_that_is_on_disk_and_cuts_no_session()
    {
        var (world, first) = await LinkWorld.Start();
        await using var ended = world;
        var a = await world.Node("a");
        var (pid, before) = (first.FindRunning(), await world.ShownCertificate());
        await world.EndSupervision();
        world.Reissue();
        Assert.Equal(before, await world.ShownCertificate());

        var second = world.Supervise();
        var limit = LinkWorld.Limit;
        while (await world.ShownCertificate() == before)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit);
        }

        var insider = await world.Insider(Topics.AllUp);
        await Subscribed(insider);
        a.Publish(Topics.Up("a"), "still here");
        await insider.Until(Topics.Up("a"), "still here");
        Assert.Equal(pid, second.FindRunning());
        Assert.True(a.IsUnbroken);
    }

    [SkippableFact]
    public async Task A_running_broker_with_another_configuration_is_replaced()
    {
        var (world, first) = await LinkWorld.Start();
        await using var ended = world;
        var pid = first.FindRunning();
        await world.EndSupervision();
        world.Settings = world.Settings with { Port = LinkWorld.FreePort() };

        var second = world.Supervise();
        await world.Accepting();

        Assert.NotNull(pid);
        Assert.NotEqual(pid, second.FindRunning());
    }

    [SkippableFact]
    public async Task A_broker_that_its_own_unit_starts_is_adopted_when_it_comes_and_is_started_by_nobody_else()
    {
        var (world, first) = await LinkWorld.Start();
        await using var ended = world;
        await world.EndSupervision();
        await first.Stop(LinkWorld.Limit);
        File.Delete(world.Settings.ConfigFile);
        world.Settings = world.Settings with { IsStartedElsewhere = true };

        var second = world.Supervise();
        while (!File.Exists(world.Settings.ConfigFile))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, LinkWorld.Limit);
        }

        Assert.Null(second.FindRunning());
        using var unit = Process.Start(world.Settings.Executable, ["-d", "-c", world.Settings.ConfigFile]);
        var insider = await world.Insider(Topics.AllUp);
        await Subscribed(insider);
        Assert.NotNull(second.FindRunning());
    }

    [SkippableFact]
    public async Task A_broker_that_is_wiped_with_all_its_files_comes_back_as_it_was()
    {
        var (world, broker) = await LinkWorld.Start("a");
        await using var ended = world;
        var (pid, limit) = (broker.FindRunning(), LinkWorld.Limit);
        var (configuration, acl) = (
            await File.ReadAllTextAsync(world.Settings.ConfigFile),
            await File.ReadAllTextAsync(world.Settings.AclFile));

        Directory.Delete(world.Settings.DataDirectory, recursive: true);
        Directory.Delete(world.Settings.RunDirectory, recursive: true);
        Process.GetProcessById(pid!.Value).Kill();
        while (broker.FindRunning() is not { } now || now == pid)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit);
        }

        await world.Accepting();
        Assert.Equal(configuration, await File.ReadAllTextAsync(world.Settings.ConfigFile));
        Assert.Equal(acl, await File.ReadAllTextAsync(world.Settings.AclFile));
    }

    [SkippableFact]
    public async Task A_log_that_grew_is_moved_aside_and_the_broker_writes_a_new_one()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (log, limit) = (world.Settings.LogFile, LinkWorld.Limit);
        await File.AppendAllTextAsync(log, new string('x', BrokerProcess.LogBytesMax + 1));
        while (!File.Exists(log + ".1") || !File.Exists(log) || new FileInfo(log).Length == 0)
        {
            // A bad handshake is an error in the broker's log.
            await world.Knock();
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit);
        }

        Assert.InRange(new FileInfo(log).Length, 1, BrokerProcess.LogBytesMax);
        Assert.True(new FileInfo(log + ".1").Length > BrokerProcess.LogBytesMax);
    }

    [Fact]
    public void A_file_that_is_not_there_or_cannot_be_read_counts_as_absent()
    {
        Assert.Null(BrokerProcess.ReadOrNull("/nowhere/at/all"));
        // It is there and opens, and reading it fails, as the command line of a process that ends does.
        Assert.True(File.Exists("/proc/self/mem"));
        Assert.Null(BrokerProcess.ReadOrNull("/proc/self/mem"));
    }

    [SkippableFact]
    public async Task Only_the_owner_can_reach_the_socket()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(world.Settings.RunDirectory));
        var (limit, ownerOnly) = (LinkWorld.Limit, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        while (File.GetUnixFileMode(world.Settings.SocketPath) != ownerOnly)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit);
        }
    }

    /// <summary>The signal is handled at some moment soon.</summary>
    private static async Task UntilRefused(LinkWorld world, MqttTls tls)
    {
        var limit = LinkWorld.Limit;
        while (true)
        {
            await using var client = new RawClient("127.0.0.1", world.Settings.Port, tls, [], new Random(1));
            var (refused, connected) = (client.Refused(), Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
            if (await Task.WhenAny(refused, connected) == refused)
            {
                return;
            }

            limit.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The broker keeps a client's order: its own message comes back after its subscriptions.</summary>
    private static async Task Subscribed(RawClient client)
    {
        client.Publish(Topics.Up("nobody"), "subscribed");
        await client.Until(Topics.Up("nobody"), "subscribed");
    }
}
