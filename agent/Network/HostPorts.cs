namespace Edge.Agent.Network;

/// <summary>
/// Which pod of this node holds which host ports. The kernel would take duplicates and serve only one.
/// </summary>
internal sealed class HostPorts
{
    private const string AnyAddress = "0.0.0.0";

    private readonly Dictionary<string, IReadOnlyList<HostPort>> _held = [];

    /// <summary>Takes all ports or none.</summary>
    /// <exception cref="NetworkException">Another pod holds one of them, or the pod asks for one twice.</exception>
    public void Claim(string uid, IReadOnlyList<HostPort> ports)
    {
        for (var at = 0; at < ports.Count; at++)
        {
            var port = ports[at];
            var taken = ports.Take(at).Any(other => Overlap(other, port));
            var holder = _held.Keys.FirstOrDefault(
                pod => pod != uid && _held[pod].Any(other => Overlap(other, port)));
            if (taken || holder is not null)
            {
                throw new NetworkException(
                    NetworkReason.HostPortConflict,
                    $"host port {port.Port}/{port.Protocol} is already held by pod {holder ?? uid}");
            }
        }

        if (ports.Count > 0)
        {
            _held[uid] = ports;
        }
    }

    public void Release(string uid) => _held.Remove(uid);

    public static string Address(HostPort port) => string.IsNullOrEmpty(port.HostIp) ? AnyAddress : port.HostIp;

    public static bool OnEveryAddress(HostPort port) => Address(port) == AnyAddress;

    private static bool Overlap(HostPort one, HostPort other) =>
        one.Port == other.Port
        && string.Equals(one.Protocol, other.Protocol, StringComparison.OrdinalIgnoreCase)
        && (OnEveryAddress(one) || OnEveryAddress(other) || Address(one) == Address(other));
}
