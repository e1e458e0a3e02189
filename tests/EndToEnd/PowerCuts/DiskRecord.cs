using System.Buffers.Binary;
using System.Text;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>One step of a program at its disk, as tests/Support/PowerCuts/recorder.c wrote it down.</summary>
/// <param name="End">How long the log was with this record: the record happened before a cut at that length.</param>
/// <param name="Kind">
/// Create, Write, Truncate, S and D for flushes of files and directories, Rename, Unlink, Link, M for mkdir, X for
/// rmdir, Y for symlink.
/// </param>
/// <param name="Inode">Of the file; used again once a file is gone, so a create gives it a new meaning.</param>
/// <param name="Position">In the file; for a flush the length of the log when it began.</param>
/// <param name="Path">Absolute; empty where the inode says it all.</param>
/// <param name="Data">What was written; of a rename or link the new path, of a symlink its target.</param>
internal readonly record struct DiskRecord(
    long End, char Kind, ulong Inode, long Position, string Path, ReadOnlyMemory<byte> Data)
{
    /// <summary>Of <c>struct head</c>: two 32-bit fields, two of 64 bits, two of 32 bits.</summary>
    private const int HeadBytes = 32;

    public string Other => Encoding.UTF8.GetString(Data.Span);

    /// <exception cref="InvalidDataException">The log does not end with a whole record.</exception>
    public static IEnumerable<DiskRecord> ReadAll(ReadOnlyMemory<byte> log)
    {
        for (var at = 0; at < log.Length;)
        {
            var record = Read(log, at);
            yield return record;
            at = (int)record.End;
        }
    }

    private static DiskRecord Read(ReadOnlyMemory<byte> log, int at)
    {
        var head = log.Span[at..];
        if (head.Length < HeadBytes || head.Length < BinaryPrimitives.ReadInt32LittleEndian(head))
        {
            throw new InvalidDataException($"the record at {at} of {log.Length} is cut off");
        }

        var path = BinaryPrimitives.ReadInt32LittleEndian(head[24..]);
        var data = BinaryPrimitives.ReadInt32LittleEndian(head[28..]);
        return new DiskRecord(
            at + BinaryPrimitives.ReadInt32LittleEndian(head),
            (char)BinaryPrimitives.ReadInt32LittleEndian(head[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(head[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[16..]),
            Encoding.UTF8.GetString(head.Slice(HeadBytes, path)),
            log.Slice(at + HeadBytes + path, data));
    }
}
