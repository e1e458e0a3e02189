using System.Globalization;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;

namespace Edge.Tests.Bench;

/// <summary>
/// The clients of <see cref="LinksBench"/> that one process has: libmosquitto takes three descriptors for each, and
/// many a machine gives a process 20,000. Says <c>here</c>, begins at a line, says <c>done</c>, and ends with its
/// input.
/// </summary>
internal static class LinkClients
{
    /// <summary>The word that begins the command line of such a process.</summary>
    public const string Command = "link-clients";

    /// <summary>Each turn of a loop looks at all its sessions; a loop is a thread.</summary>
    private const int SessionsPerLoop = 100;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    public static string NameOf(int node) => $"node-{node:d5}";

    /// <param name="first">Of the nodes that are this process'.</param>
    /// <param name="count">Of them.</param>
    /// <param name="port">Of the broker, on this machine.</param>
    /// <param name="folder">Holds the certificates.</param>
    /// <param name="caFile">The node CA.</param>
    /// <param name="clusterUid">Of the server that they sync with; empty for a broker without one.</param>
    public static async Task<int> Run(
        string first, string count, string port, string folder, string caFile, string clusterUid)
    {
        int[] nodes =
        [
            .. Enumerable.Range(
                int.Parse(first, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture)),
        ];
        var broker = new Uri($"mqtts://127.0.0.1:{port}");
        MqttLoop[] loops =
            [.. nodes.Chunk(SessionsPerLoop).Select(_ => new MqttLoop(TimeProvider.System))];
        Func<int, Func<bool>> begin = clusterUid.Length == 0
            ? at => Accept(loops[at / SessionsPerLoop], nodes[at], broker, Tls(nodes[at]))
            : at => Sync(loops[at / SessionsPerLoop], nodes[at], broker, Tls(nodes[at]), clusterUid);
        await Say("here");
        _ = await Console.In.ReadLineAsync();
        var ready = new Func<bool>[nodes.Length];
        for (var at = 0; at < nodes.Length; at++)
        {
            ready[at] = begin(at);
        }

        var said = 0;
        for (var done = 0; done < nodes.Length; done = ready.Count(one => one()))
        {
            await Task.Delay(s_look);
            if (done - said >= 500)
            {
                said = done;
                await Say($"{done}");
            }
        }

        await Say("done");
        _ = await Console.In.ReadLineAsync();
        return 0;

        MqttTls Tls(int node) => NodeCertificates.In(folder, caFile, NameOf(node));
    }

    private static async Task Say(string word)
    {
        await Console.Out.WriteLineAsync(word);
        await Console.Out.FlushAsync();
    }

    /// <summary>Connected, and subscribed as a node is.</summary>
    private static Func<bool> Accept(MqttLoop loop, int node, Uri broker, MqttTls tls)
    {
        var isConnected = false;
        MqttSession? session = null;
        session = new MqttSession(
            loop,
            new MqttSettings
            {
                Host = broker.Host, Port = broker.Port, Tls = () => tls,
                Subscriptions = [Topics.Down(NameOf(node)), Topics.StreamsDown(NameOf(node))],
                Notify = Hear,
            },
            new Random(node));
        return () => Volatile.Read(ref isConnected);

        void Hear()
        {
            while (session is not null && session.Events.TryRead(out var heard))
            {
                Volatile.Write(ref isConnected, heard is not MqttEvent.Disconnected);
            }
        }
    }

    /// <summary>Connected, and both ends of both its maps have the same.</summary>
    private static Func<bool> Sync(MqttLoop loop, int node, Uri broker, MqttTls tls, string clusterUid)
    {
        var one = new SimulatedNode(NameOf(node), tls, clusterUid, broker);
        _ = Task.Run(() => one.Run(loop, CancellationToken.None));
        return () => one.IsLevel;
    }
}
