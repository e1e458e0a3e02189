using System.Globalization;

namespace Edge.Proto.Model;

/// <summary>
/// The id of one share of a device, as NVIDIA's device plugin writes it: <c>GPU-…::2</c>. A pod with the device's own
/// id has all of it, whatever is offered later.
/// </summary>
public static class DeviceShare
{
    private const string Mark = "::";

    public static string Of(string device, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{device}{Mark}{number}");

    public static bool Is(string id) => id.Contains(Mark, StringComparison.Ordinal);

    /// <summary>The id of the device; of a device that is not shared its own.</summary>
    public static string DeviceOf(string id) =>
        id.IndexOf(Mark, StringComparison.Ordinal) is >= 0 and var at ? id[..at] : id;

    /// <summary>Whether not both can be had at once: one is all of the device, or they are the same share.</summary>
    public static bool Exclude(string one, string other) =>
        one == other || (DeviceOf(one) == DeviceOf(other) && !(Is(one) && Is(other)));
}
