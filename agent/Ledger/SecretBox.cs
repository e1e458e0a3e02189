using System.Security.Cryptography;
using System.Text;
using Edge.Proto;

namespace Edge.Agent.Ledger;

/// <summary>
/// Seals secret values before they reach the disk: AES-256-GCM, the entry's key as associated data, so that two sealed
/// values cannot be swapped. The key is a file that only root reads; the Node then says <c>hardwareKeystore: none</c>.
/// </summary>
internal sealed class SecretBox : IDisposable
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly AesGcm _aes;

    private SecretBox(byte[] key) => _aes = new AesGcm(key, TagBytes);

    public static SecretBox Open(string keyFile)
    {
        if (File.Exists(keyFile))
        {
            var stored = File.ReadAllBytes(keyFile);
            return stored.Length == KeyBytes
                ? new SecretBox(stored)
                : throw new InvalidDataException(
                    $"\"{keyFile}\" is no ledger key ({stored.Length} bytes instead of {KeyBytes}); move it away to "
                    + "begin with a new one, the server sends the secrets again");
        }

        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        // On disk before the first value that it seals: without it they are lost.
        DurableFile.Write(keyFile, key);
        return new SecretBox(key);
    }

    public byte[] Seal(string name, ReadOnlySpan<byte> value)
    {
        var sealedBytes = new byte[NonceBytes + TagBytes + value.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        _aes.Encrypt(
            nonce,
            value,
            sealedBytes.AsSpan(NonceBytes + TagBytes),
            sealedBytes.AsSpan(NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(name));
        return sealedBytes;
    }

    /// <summary>Null when the value was sealed under another key or for another name.</summary>
    public byte[]? Unseal(string name, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < NonceBytes + TagBytes)
        {
            return null;
        }

        var value = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        try
        {
            _aes.Decrypt(
                sealedBytes[..NonceBytes],
                sealedBytes[(NonceBytes + TagBytes)..],
                sealedBytes.Slice(NonceBytes, TagBytes),
                value,
                Encoding.UTF8.GetBytes(name));
            return value;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Dispose() => _aes.Dispose();
}
