using System.Security.Cryptography;
using System.Text;
using Edge.Proto;

namespace Edge.Server.Store;

/// <summary>
/// The key that seals Secret values. It lies outside the database's directory, so that a copy of the database alone
/// reveals nothing.
/// </summary>
internal static class SecretKeyFile
{
    public const int KeyBytes = 32;

    /// <summary>Reads the key, or makes it with mode 0600 where there is none.</summary>
    /// <exception cref="InvalidDataException">The file is of another size, or others may read it.</exception>
    public static byte[] LoadOrCreate(string path, string databasePath)
    {
        var keyDirectory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (keyDirectory == Path.GetDirectoryName(Path.GetFullPath(databasePath)))
        {
            throw new InvalidDataException($"secret key file \"{path}\" must lie outside the database's directory");
        }

        if (!File.Exists(path))
        {
            DurableFile.Write(path, RandomNumberGenerator.GetBytes(KeyBytes));
        }

        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & others) != 0)
        {
            throw new InvalidDataException($"secret key file \"{path}\" must have mode 0600");
        }

        return FromBytes(File.ReadAllBytes(path), path);
    }

    /// <summary>The bytes themselves, or their base64, which is what people can hand on.</summary>
    private static byte[] FromBytes(byte[] text, string source)
    {
        if (text.Length == KeyBytes)
        {
            return text;
        }

        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(Encoding.ASCII.GetString(text).Trim(), key, out var written)
            && written == KeyBytes
            ? key
            : throw new InvalidDataException(
                $"secret key \"{source}\" has {text.Length} bytes, and is neither {KeyBytes} bytes nor their base64");
    }
}
