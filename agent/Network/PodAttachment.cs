using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Network;

/// <summary>
/// Plugs a sandbox into the pod network and out of it, keeping the pod's address where that is possible.
/// </summary>
internal sealed class PodAttachment(NetworkSettings settings, ProgramRun programs, ILogger logger)
{
    private readonly CniPlugin _plugin = new(settings.CniBinDirs, programs);
    private readonly AddressBook _addresses = new(settings.RunDir);

    /// <summary>Returns the record with address and interface; after a failure nothing is attached.</summary>
    public async Task<SandboxRecord> Attach(SandboxRecord record, string netPath, CancellationToken cancellation)
    {
        var request = record.Request;
        var cidr = PodCidr(request);
        var preferred = Within(cidr, request.PreferredIp) ? request.PreferredIp : null;
        _addresses.Free(request.Uid);
        try
        {
            return await AttachAt(record, netPath, preferred, cancellation);
        }
        catch (NetworkException failure) when (preferred is not null && failure.Message.Contains(preferred))
        {
            // Somebody else has the address: another one is better than no pod.
            NetworkLog.AddressLost(logger, request.Uid, preferred, failure.Message);
            return await AttachAt(record, netPath, null, cancellation);
        }
    }

    /// <summary>Null when the attachment is as it was made, else what is wrong with it.</summary>
    public async Task<string?> Check(SandboxRecord record, string netPath, CancellationToken cancellation)
    {
        try
        {
            var config = CniConfig.For(PodCidr(record.Request), _addresses.Root, null, record.CniResult);
            await _plugin.Check(config, new CniAttachment(record.Request.Uid, netPath), cancellation);
            if (record.HostInterface is { } end && !Directory.Exists($"/proc/sys/net/ipv4/conf/{end}"))
            {
                return $"interface {end} is gone";
            }

            return null;
        }
        catch (NetworkException failure)
        {
            return failure.Message;
        }
    }

    /// <summary>Works also when the namespace, the record's result or the record itself is gone.</summary>
    public async Task Detach(string uid, SandboxRecord? record, string netPath, CancellationToken cancellation)
    {
        if (record?.Request.PodCidr is { } cidr && record.OwnNetwork)
        {
            var config = CniConfig.For(cidr, _addresses.Root, null, record.CniResult);
            // Without a name the plugin takes the namespace for gone; a plain file in its place it refuses for ever.
            var attachment = new CniAttachment(uid, NamespacePins.IsPinned(netPath) ? netPath : "");
            await _plugin.Delete(config, attachment, cancellation);
        }

        _addresses.Free(uid);
    }

    public void KeepAddress(string uid, string ip) => _addresses.Keep(uid, ip);

    public void FreeOthers(IReadOnlySet<string> uids) => _addresses.FreeOthers(uids);

    private async Task<SandboxRecord> AttachAt(
        SandboxRecord record, string netPath, string? ip, CancellationToken cancellation)
    {
        var uid = record.Request.Uid;
        var attachment = new CniAttachment(uid, netPath);
        var config = CniConfig.For(PodCidr(record.Request), _addresses.Root, ip, null);
        try
        {
            var answer = await _plugin.Add(config, attachment, cancellation);
            var result = answer.Deserialize(NetworkJson.Default.CniResult);
            var podIp = result?.PodIp
                ?? throw new NetworkException(
                    NetworkReason.PluginFailed, $"{config.Type} ADD answered no IPv4 address");
            return record with { PodIp = podIp, HostInterface = result.HostInterface, CniResult = answer };
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            // The specification asks for DEL after a failed ADD; it must run even when the caller has given up.
            await _plugin.Delete(config, attachment, CancellationToken.None);
            throw;
        }
    }

    private static string PodCidr(SandboxRequest request)
    {
        if (request.PodCidr is null)
        {
            throw new NetworkException(NetworkReason.NoPodCidr, "the node has no pod CIDR from the server yet");
        }

        return IPNetwork.TryParse(request.PodCidr, out var network) && network.BaseAddress.GetAddressBytes().Length == 4
            ? request.PodCidr
            : throw new NetworkException(NetworkReason.BadRequest, $"pod CIDR {request.PodCidr} is no IPv4 network");
    }

    private static bool Within(string cidr, string? ip) =>
        IPAddress.TryParse(ip, out var address) && IPNetwork.Parse(cidr).Contains(address);
}
