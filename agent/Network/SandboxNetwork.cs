using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Network;

/// <summary>
/// Makes, finds again and removes the sandboxes of this node's pods. Calls for different pods may overlap, calls for
/// one uid must not. Everything it knows lies under the run directory, so that a restart of the agent loses nothing.
/// </summary>
internal sealed partial class SandboxNetwork : IDisposable
{
    private readonly ILogger _logger;
    private readonly SandboxFiles _files;
    private readonly PodAttachment _attachment;
    private readonly NodeTable _table;

    public SandboxNetwork(NetworkSettings settings, TimeProvider clock, ILogger logger)
    {
        var programs = new ProgramRun(clock);
        _logger = logger;
        _files = new SandboxFiles(settings.RunDir);
        _attachment = new PodAttachment(settings, programs, logger);
        _table = new NodeTable(settings.ClusterCidr, programs);
    }

    /// <summary>Once, before anything else: makes the node ready and reads what sandboxes stand already.</summary>
    /// <exception cref="NetworkException">
    /// The kernel forwards no packets or shares no mounts; pods cannot run.
    /// </exception>
    public async Task Start(CancellationToken cancellation)
    {
        _files.Share();
        ForwardPackets();
        foreach (var record in _files.Uids().Select(_files.Read).OfType<SandboxRecord>().Where(record => record.Ready))
        {
            _table.Remember(record);
        }

        try
        {
            await _table.Apply(cancellation);
        }
        catch (NetworkException failure)
        {
            // The next sandbox with a network tries again and fails by name; pods on the node's network need no table.
            NetworkLog.TableNotWritten(_logger, failure.Message);
        }
    }

    /// <summary>
    /// Keeps the addresses of known pods away from other pods until each pod's own <see cref="Create"/> takes it
    /// (with <see cref="SandboxRequest.PreferredIp"/>). To be called after <see cref="Start"/> with every recorded pod.
    /// </summary>
    public void KeepAddresses(IReadOnlyDictionary<string, string> ipByUid)
    {
        foreach (var (uid, ip) in ipByUid)
        {
            _attachment.KeepAddress(uid, ip);
        }
    }

    /// <summary>
    /// Makes the pod's sandbox, or adopts it where it stands; a broken interface is repaired in place.
    /// </summary>
    public async Task<SandboxResult> Create(SandboxRequest request, CancellationToken cancellation)
    {
        if (!UidPattern().IsMatch(request.Uid))
        {
            return new SandboxResult.Failed(
                NetworkReason.BadRequest, $"uid \"{request.Uid}\" is no name of a directory");
        }

        try
        {
            if (_files.Read(request.Uid) is { Ready: true } standing && Stands(standing))
            {
                return await Adopt(standing, cancellation);
            }

            await Undo(request.Uid, cancellation);
            return await Make(request, cancellation);
        }
        catch (NetworkException failure)
        {
            NetworkLog.SandboxFailed(_logger, request.Uid, failure.Reason, failure.Message);
            return new SandboxResult.Failed(failure.Reason, failure.Message);
        }
    }

    /// <summary>Removes the pod's sandbox and frees its address and ports; without effect when there is none.</summary>
    /// <exception cref="NetworkException">
    /// Something of it is left; what it holds stays held until a later call.
    /// </exception>
    public async Task Remove(string uid, CancellationToken cancellation)
    {
        var stood = Directory.Exists(_files.Paths(uid).Root);
        await Undo(uid, cancellation);
        if (stood)
        {
            NetworkLog.SandboxRemoved(_logger, uid);
        }
    }

    /// <summary>Connects to a port as a process in the pod would.</summary>
    /// <exception cref="IOException">There is no such pod here, or nobody listens.</exception>
    public async Task<Socket> Connect(string uid, int port, CancellationToken cancellation)
    {
        if (!UidPattern().IsMatch(uid) || _files.Read(uid) is not { Ready: true } record || !Stands(record))
        {
            throw new IOException($"sandbox container \"{uid}\" is not running");
        }

        try
        {
            return await PodDial.Connect(
                record.OwnNetwork ? _files.Paths(uid).Net : null, uid, port, cancellation);
        }
        catch (NetworkException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>The uids that have a sandbox here, whole or half made.</summary>
    public IReadOnlyList<string> List() => _files.Uids();

    /// <summary>
    /// Removes every sandbox and address reservation that belongs to none of <paramref name="uids"/>.
    /// </summary>
    public async Task RemoveOthers(IReadOnlySet<string> uids, CancellationToken cancellation)
    {
        foreach (var uid in List().Where(uid => !uids.Contains(uid)))
        {
            await Remove(uid, cancellation);
        }

        _attachment.FreeOthers(uids);
    }

    public void Dispose() => _table.Dispose();

    private async Task<SandboxResult> Adopt(SandboxRecord record, CancellationToken cancellation)
    {
        var uid = record.Request.Uid;
        var netPath = _files.Paths(uid).Net;
        if (record.OwnNetwork && await _attachment.Check(record, netPath, cancellation) is { } damage)
        {
            NetworkLog.NetworkRepaired(_logger, uid, damage);
            await _attachment.Detach(uid, record, netPath, cancellation);
            var again = record with { Request = record.Request with { PreferredIp = record.PodIp } };
            record = await _attachment.Attach(again, netPath, cancellation);
            _files.Write(record);
            OpenLoopback(record);
        }

        await _table.Add(record, cancellation);
        NetworkLog.SandboxAdopted(_logger, uid, record.PodIp);
        return new SandboxResult.Ready(Describe(record), Adopted: true);
    }

    private async Task<SandboxResult> Make(SandboxRequest request, CancellationToken cancellation)
    {
        var sysctls = Sysctls.For(request);
        await _table.Claim(request, cancellation);
        try
        {
            var paths = _files.Paths(request.Uid);
            var record = new SandboxRecord { Request = request };
            _files.Write(record);
            await NamespacePins.Pin(new PinRequest(
                paths, !request.HostNetwork, !request.HostIpc, !request.HostNetwork, request.Hostname, sysctls));
            if (!request.HostIpc)
            {
                NamespacePins.MountSharedMemory(paths.Shm);
            }

            if (record.OwnNetwork)
            {
                record = await _attachment.Attach(record, paths.Net, cancellation);
                // The plugin's result must be on record before more can fail: DEL needs it.
                _files.Write(record);
                OpenLoopback(record);
            }

            await _table.Add(record, cancellation);
            record = record with { Ready = true };
            _files.Write(record);
            NetworkLog.SandboxMade(_logger, request.Uid, request.Namespace, request.Name, record.PodIp);
            return new SandboxResult.Ready(Describe(record), Adopted: false);
        }
        catch
        {
            await UndoAfterFailure(request.Uid);
            throw;
        }
    }

    /// <summary>Runs without the caller's token: a caller that gives up must not leave half a sandbox.</summary>
    private async Task UndoAfterFailure(string uid)
    {
        try
        {
            await Undo(uid, CancellationToken.None);
        }
        catch (NetworkException failure)
        {
            NetworkLog.UndoFailed(_logger, uid, failure.Message);
        }
    }

    /// <summary>
    /// The steps of making, in reverse. Each is safe to repeat, so a crash between two costs nothing.
    /// </summary>
    private async Task Undo(string uid, CancellationToken cancellation)
    {
        await _table.Remove(uid, cancellation);
        await _attachment.Detach(uid, _files.Read(uid), _files.Paths(uid).Net, cancellation);
        _files.Delete(uid);
    }

    private bool Stands(SandboxRecord record) => NamespacePins.Stand(
        _files.Paths(record.Request.Uid), record.OwnNetwork, !record.Request.HostIpc, record.OwnNetwork);

    private Sandbox Describe(SandboxRecord record)
    {
        var paths = _files.Paths(record.Request.Uid);
        return new Sandbox(
            record.Request.Uid,
            record.OwnNetwork ? paths.Net : null,
            record.Request.HostIpc ? null : paths.Ipc,
            record.OwnNetwork ? paths.Uts : null,
            record.Request.HostIpc ? "/dev/shm" : paths.Shm,
            record.PodIp);
    }

    /// <summary>Lets 127.0.0.1:hostPort reach the pod; the table's guard keeps the way back closed.</summary>
    private static void OpenLoopback(SandboxRecord record)
    {
        if (record.Request.HostPorts.Count > 0 && record.HostInterface is { } end)
        {
            Sysctls.Write($"net/ipv4/conf/{end}/route_localnet", "1");
        }
    }

    private static void ForwardPackets()
    {
        const string path = "/proc/sys/net/ipv4/ip_forward";
        if (File.ReadAllText(path).Trim() != "1")
        {
            Sysctls.Write("net/ipv4/ip_forward", "1");
        }
    }

    /// <summary>What CNI takes as a container id, without dots that could lead out of the directory.</summary>
    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$")]
    private static partial Regex UidPattern();
}
