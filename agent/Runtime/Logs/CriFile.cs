using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Runtime.Logs;

/// <summary>Yields the complete lines of one log file; at its end it can be asked again for what was added.</summary>
internal sealed class CriFile(string path) : IDisposable
{
    /// <summary>More than the longest line; a longer one is damage and is dropped.</summary>
    private const int BufferBytes = 64 * 1024;

    private readonly SafeFileHandle _file = File.OpenHandle(
        path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _position;
    private int _start;
    private int _end;

    /// <summary>
    /// Where the opened file stands now: 0 is current, n was rotated n times, null is deleted. The kernel knows the
    /// name of an open file.
    /// </summary>
    public int? Age()
    {
        var fd = _file.DangerousGetHandle();
        var target = File.ResolveLinkTarget($"/proc/self/fd/{fd}", returnFinalTarget: false)?.Name ?? "";
        var name = Path.GetFileName(path);
        return target == name ? 0
            : target.StartsWith($"{name}.", StringComparison.Ordinal)
                && int.TryParse(target[(name.Length + 1)..], out var age) ? age
            : null;
    }

    public bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                line = _buffer.AsSpan(_start, newline);
                _start += newline + 1;
                return true;
            }

            if (!Fill())
            {
                line = default;
                return false;
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private bool Fill()
    {
        var kept = _end - _start;
        _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        (_start, _end) = (0, kept == BufferBytes ? 0 : kept);
        var got = RandomAccess.Read(_file, _buffer.AsSpan(_end), _position);
        _position += got;
        _end += got;
        return got > 0;
    }
}
