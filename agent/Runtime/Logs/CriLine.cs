using System.Buffers;
using System.Text;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// The line format of Kubernetes' logs: time, stream, F for a full line or P for a part of one, text.
/// </summary>
internal static class CriLine
{
    /// <summary>Longer lines are split into parts, as containerd's CRI does.</summary>
    public const int TextBytesMax = 16 * 1024;

    /// <summary>
    /// Turns raw output into entries. What does not end in a newline is written at once as a part: nothing that the
    /// container said waits in the agent's memory, so a killed agent loses nothing.
    /// </summary>
    public static void Format(ReadOnlySpan<byte> output, string stream, DateTimeOffset now, IBufferWriter<byte> into)
    {
        Span<byte> prefix = stackalloc byte[64];
        var length = Encoding.ASCII.GetBytes($"{Time(now)} {stream} ", prefix);
        while (output.Length > 0)
        {
            var newline = output[..Math.Min(output.Length, TextBytesMax + 1)].IndexOf((byte)'\n');
            var text = newline >= 0 ? output[..newline] : output[..Math.Min(output.Length, TextBytesMax)];
            into.Write(prefix[..length]);
            into.Write(newline >= 0 ? "F "u8 : "P "u8);
            into.Write(text);
            into.Write("\n"u8);
            output = output[(text.Length + (newline >= 0 ? 1 : 0))..];
        }
    }

    /// <summary>RFC 3339 with nine digits, as every reader of CRI logs expects.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'");

    /// <summary>False when the line is damaged (a power cut in the middle of it).</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> line, out DateTimeOffset at, out bool full, out ReadOnlySpan<byte> text)
    {
        at = default;
        full = false;
        text = default;
        var first = line.IndexOf((byte)' ');
        if (first < 0 || !DateTimeOffset.TryParse(Encoding.ASCII.GetString(line[..first]), out at))
        {
            return false;
        }

        var rest = line[(first + 1)..];
        var second = rest.IndexOf((byte)' ');
        if (second < 0 || rest.Length < second + 3 || rest[second + 2] != (byte)' ')
        {
            return false;
        }

        full = rest[second + 1] == (byte)'F';
        text = rest[(second + 3)..];
        return true;
    }
}
