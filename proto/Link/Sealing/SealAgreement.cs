using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Proto.Link.Sealing;

/// <summary>
/// What both ends of one session agree on: the cluster, the node and their two ephemeral keys. Each signs it with its
/// long-lived key, and the session's keys come out of it. Pure.
/// </summary>
/// <param name="ClusterUid">Of the cluster that both belong to.</param>
/// <param name="Node">The bare node name.</param>
/// <param name="AgentKey">The agent's ephemeral key, X and Y.</param>
/// <param name="ServerKey">The server's ephemeral key, X and Y.</param>
internal sealed record SealAgreement(string ClusterUid, string Node, byte[] AgentKey, byte[] ServerKey)
{
    public const int PublicKeyBytes = 2 * CoordinateBytes;

    private const int CoordinateBytes = 32;
    private const int KeyBytes = 32;

    /// <summary>In front of all that is signed: the long-lived keys sign handshakes of TLS as well.</summary>
    private const string Context = "edge sealed link 1, ";

    public static ECDiffieHellman NewKey() => ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public static byte[] PublicKeyOf(ECDiffieHellman key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    /// <summary>What the server signs. It also says which session is open, so that nobody else can say it.</summary>
    public byte[] ServerText(ulong open)
    {
        var session = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(session, open);
        return Text("server", session);
    }

    /// <summary>What the agent signs, after it saw the server's certificate.</summary>
    public byte[] AgentText(ReadOnlySpan<byte> serverCertificate) => Text("agent", serverCertificate);

    /// <summary>The keys of both directions, for one of the two ends.</summary>
    /// <exception cref="CryptographicException">The other end's key is not a point of the curve.</exception>
    public SealChannel Channel(ECDiffieHellman own, bool isServer, ReadOnlySpan<byte> serverCertificate)
    {
        var theirs = isServer ? AgentKey : ServerKey;
        using var other = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = theirs[..CoordinateBytes], Y = theirs[CoordinateBytes..] },
        });
        var secret = own.DeriveRawSecretAgreement(other.PublicKey);
        var salt = SHA256.HashData(Text("keys", serverCertificate));
        var root = HKDF.Extract(HashAlgorithmName.SHA256, secret, salt);
        var up = HKDF.Expand(HashAlgorithmName.SHA256, root, KeyBytes, "up"u8.ToArray());
        var down = HKDF.Expand(HashAlgorithmName.SHA256, root, KeyBytes, "down"u8.ToArray());
        CryptographicOperations.ZeroMemory(secret);
        CryptographicOperations.ZeroMemory(root);
        return isServer ? new SealChannel(send: down, receive: up) : new SealChannel(send: up, receive: down);
    }

    /// <summary>Each part behind its length, so that no two agreements have one text.</summary>
    private byte[] Text(string role, ReadOnlySpan<byte> more)
    {
        using var text = new MemoryStream();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in (ReadOnlySpan<byte[]>)
            [
                Encoding.UTF8.GetBytes(Context + role), Encoding.UTF8.GetBytes(ClusterUid),
                Encoding.UTF8.GetBytes(Node), AgentKey, ServerKey, more.ToArray(),
            ])
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            text.Write(length);
            text.Write(part);
        }

        return text.ToArray();
    }
}
