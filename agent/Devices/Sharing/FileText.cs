namespace Edge.Agent.Devices.Sharing;

/// <summary>A file that a person writes, read again only when its time or its size is another.</summary>
internal sealed class FileText(string path, int bytesMax)
{
    private (DateTime, long)? _stamp;
    private (string? Text, string? Fault) _read;

    /// <summary>Its text, or why it cannot be read; null when it is not there.</summary>
    public (string? Text, string? Fault)? Read()
    {
        try
        {
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                _stamp = null;
                return null;
            }

            var stamp = (info.LastWriteTimeUtc, info.Length);
            if (stamp != _stamp)
            {
                _read = info.Length > bytesMax
                    ? (null, $"it is longer than {bytesMax} bytes")
                    : (File.ReadAllText(path), null);
                _stamp = stamp;
            }

            return _read;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, failure.Message);
        }
    }
}
