using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// A log of bounded size: at the cap the file becomes .1, .1 becomes .2, and the oldest goes. Not synced: a power cut
/// may take the last lines, but never wears the flash.
/// </summary>
internal sealed class LogFile(string path, long bytesMax, int filesMax) : IDisposable
{
    public string Name => path;

    private SafeFileHandle? _file;
    private long _length;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_file is not null && _length + bytes.Length > bytesMax)
        {
            Rotate();
        }

        _file ??= Open();
        RandomAccess.Write(_file, bytes, _length);
        _length += bytes.Length;
    }

    public void Dispose() => _file?.Dispose();

    private SafeFileHandle Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var file = File.OpenHandle(
            path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        _length = RandomAccess.GetLength(file);
        return file;
    }

    private void Rotate()
    {
        _file?.Dispose();
        _file = null;
        _length = 0;
        for (var i = filesMax - 1; i > 0; i--)
        {
            var older = i == 1 ? path : $"{path}.{i - 1}";
            if (File.Exists(older))
            {
                File.Move(older, $"{path}.{i}", overwrite: true);
            }
        }

        if (filesMax <= 1)
        {
            File.Delete(path);
        }
    }
}
