using System.Security.Cryptography;
using Edge.Proto.Link;

namespace Edge.Server.Link;

/// <summary>
/// Which device a name belongs to, where two have certificates for it: the one that was served last, for as long as it
/// is heard. Another key gets the name at once when the Node records it, and where the same start of the same machine
/// shows it: a device that changes its key. Pure.
/// </summary>
internal sealed class NameHolder
{
    private string _bootId = "";
    private TimeSpan _heard;

    /// <summary>The hash of the key that was served last; empty when none was, or it was not said.</summary>
    public string Key { get; private set; } = "";

    /// <summary>The key that the Node records; empty without one.</summary>
    public string Recorded { get; set; } = "";

    /// <summary>In lower-case hexadecimal; empty when it is not said.</summary>
    public static string KeyOf(Hello hello) =>
        hello.Key.Length == SHA256.HashSizeInBytes ? Convert.ToHexStringLower(hello.Key.Span) : "";

    /// <summary>Whether a hello is of another device than the one that has the name.</summary>
    /// <param name="hello">With the key.</param>
    /// <param name="now">The time.</param>
    /// <param name="silence">After so long without a word the holder is gone.</param>
    public bool IsAnother(Hello hello, TimeSpan now, TimeSpan silence) =>
        KeyOf(hello) is { Length: > 0 } key && Key.Length > 0 && key != Key && key != Recorded
        && hello.BootId != _bootId && now - _heard < silence;

    public void Served(Hello hello, TimeSpan now) => (Key, _bootId, _heard) = (KeyOf(hello), hello.BootId, now);

    public void Heard(TimeSpan now) => _heard = now;
}
