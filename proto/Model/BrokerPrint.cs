using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Proto.Model;

/// <summary>
/// Names, in eight bytes, all that a node must know of the cluster's broker: a welcome says it, and a node that knows
/// another one asks the API for the whole. It is no secret and proves nothing.
/// </summary>
public static class BrokerPrint
{
    /// <summary>Never 0, which says nothing.</summary>
    public static ulong Of(string url, bool isSealed, string? caPem)
    {
        var text = $"{url}\n{(isSealed ? "sealed" : "plain")}\n{caPem?.Trim()}";
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) | 1;
    }
}
