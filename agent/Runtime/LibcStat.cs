using System.Runtime.InteropServices;

namespace Edge.Agent.Runtime;

/// <summary>statx(2), whose record is laid out the same on every architecture.</summary>
internal static partial class Libc
{
    public const int KindCharacter = 0x2000;
    public const int KindBlock = 0x6000;

    /// <summary>What is read of a file.</summary>
    public readonly record struct FileStat(
        int Kind, uint Permissions, uint Uid, uint Gid, ulong Inode, uint DeviceMajor, uint DeviceMinor);

    /// <summary>Null when there is no such file.</summary>
    public static FileStat? Stat(string path)
    {
        const int currentDirectory = -100;
        const uint basicStats = 0x7ff;
        Span<byte> record = stackalloc byte[256];
        if (Statx(currentDirectory, path, 0, basicStats, record) != 0)
        {
            return null;
        }

        var mode = BitConverter.ToUInt16(record[28..]);
        return new FileStat(
            mode & 0xF000,
            (uint)(mode & 0xFFF),
            BitConverter.ToUInt32(record[20..]),
            BitConverter.ToUInt32(record[24..]),
            BitConverter.ToUInt64(record[32..]),
            BitConverter.ToUInt32(record[128..]),
            BitConverter.ToUInt32(record[132..]));
    }

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> record);
}
