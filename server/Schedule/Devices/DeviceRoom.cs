namespace Edge.Server.Schedule.Devices;

/// <summary>How much room a node's devices have for one pod.</summary>
/// <param name="Devices">The node's.</param>
/// <param name="Use">By position, how many have a device; null when nobody has any.</param>
/// <param name="MemoryUse">By position, mebibytes that they said they use of it; null when nobody said any.</param>
/// <param name="Memory">Mebibytes that the pod will use of each of its devices; 0 when it does not say.</param>
internal readonly record struct DeviceRoom(NodeDevices Devices, int[]? Use, long[]? MemoryUse, long Memory)
{
    public static DeviceRoom? Of(NodeView node, long memory) => node.Devices is { } devices
        ? new DeviceRoom(devices, node.DeviceUse, node.DeviceMemoryUse, memory)
        : null;

    /// <summary>
    /// How many shares of a device are left for the pod; none of one that is not well, and none of one that does not
    /// say how much memory it has when the pod says how much it uses.
    /// </summary>
    public int Left(int at)
    {
        var device = Devices.All[at];
        if (device.Unhealthy is not null)
        {
            return 0;
        }

        var left = Math.Max(0, device.Shares - (Use?[at] ?? 0));
        if (Memory == 0 || Devices.SharesMemory(at))
        {
            return left;
        }

        var free = (device.MemoryMebibytes ?? 0) - (MemoryUse?[at] ?? 0);
        return (int)Math.Clamp(free / Memory, 0, left);
    }
}
