namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// NVML, loaded: its functions by the shapes that they have in C. Each answers NVML's code; one that the library lacks
/// answers FUNCTION_NOT_FOUND, as NVML itself does of one that its driver lacks.
/// </summary>
internal sealed unsafe class NvmlLibrary(DriverLibrary library) : IDisposable
{
    public static NvmlLibrary? Load(string root) =>
        DriverLibrary.Load(root, NvmlNative.Library) is { } library ? new NvmlLibrary(library) : null;

    public int Init() => Call("nvmlInit_v2");

    public int Get<T>(string name, out T value) where T : unmanaged
    {
        value = default;
        fixed (T* into = &value)
        {
            return Get(name, (void*)into);
        }
    }

    /// <summary>Null when it is not said.</summary>
    public string? Text(string name)
    {
        const int size = 80;
        var buffer = stackalloc byte[size];
        var function = (delegate* unmanaged<byte*, uint, int>)library.Function(name);
        return function != null && function(buffer, size) == NvmlNative.Success
            ? DriverLibrary.Text(new ReadOnlySpan<byte>(buffer, size))
            : null;
    }

    /// <summary>The device at an index of this boot.</summary>
    public int Device(uint index, out NvmlDevice device)
    {
        nint handle = 0;
        var function = (delegate* unmanaged<uint, nint*, int>)library.Function("nvmlDeviceGetHandleByIndex_v2");
        var code = function == null ? NvmlNative.FunctionNotFound : function(index, &handle);
        device = new NvmlDevice(library, handle);
        return code;
    }

    public NvmlDevice At(nint handle) => new(library, handle);

    public int Wait(nint set, out NvmlNative.Event happened, TimeSpan atMost)
    {
        var function = (delegate* unmanaged<nint, NvmlNative.Event*, uint, int>)library.Function("nvmlEventSetWait_v2");
        happened = default;
        fixed (NvmlNative.Event* into = &happened)
        {
            return function == null
                ? NvmlNative.FunctionNotFound
                : function(set, into, (uint)atMost.TotalMilliseconds);
        }
    }

    public void Dispose()
    {
        Call("nvmlShutdown");
        library.Dispose();
    }

    private int Call(string name)
    {
        var function = (delegate* unmanaged<int>)library.Function(name);
        return function == null ? NvmlNative.FunctionNotFound : function();
    }

    private int Get(string name, void* into)
    {
        var function = (delegate* unmanaged<void*, int>)library.Function(name);
        return function == null ? NvmlNative.FunctionNotFound : function(into);
    }
}

/// <summary>A device's handle, for as long as its library is loaded.</summary>
internal readonly unsafe struct NvmlDevice(DriverLibrary library, nint handle)
{
    public int Get<T>(string name, ref T value) where T : unmanaged
    {
        fixed (T* into = &value)
        {
            return Get(name, (void*)into);
        }
    }

    /// <summary>Null unless it is said.</summary>
    public uint? Number(string name)
    {
        uint value = 0;
        return Get(name, &value) == NvmlNative.Success ? value : null;
    }

    public ulong? Long(string name)
    {
        ulong value = 0;
        return Get(name, &value) == NvmlNative.Success ? value : null;
    }

    /// <summary>Two at once: modes now and after a reset, versions.</summary>
    public (uint First, uint Second)? Pair(string name)
    {
        uint first = 0, second = 0;
        var function = (delegate* unmanaged<nint, uint*, uint*, int>)library.Function(name);
        return function != null && function(handle, &first, &second) == NvmlNative.Success ? (first, second) : null;
    }

    public int Text(string name, out string text)
    {
        const int size = 96;
        var buffer = stackalloc byte[size];
        var function = (delegate* unmanaged<nint, byte*, uint, int>)library.Function(name);
        var code = function == null ? NvmlNative.FunctionNotFound : function(handle, buffer, size);
        text = code == NvmlNative.Success ? DriverLibrary.Text(new ReadOnlySpan<byte>(buffer, size)) : "";
        return code;
    }

    /// <summary>By a number: of a link, of a MIG slot.</summary>
    public int At<T>(string name, uint number, out T value) where T : unmanaged
    {
        value = default;
        var function = (delegate* unmanaged<nint, uint, void*, int>)library.Function(name);
        fixed (T* into = &value)
        {
            return function == null ? NvmlNative.FunctionNotFound : function(handle, number, into);
        }
    }

    public NvmlDevice? Instance(uint slot) =>
        At("nvmlDeviceGetMigDeviceHandleByIndex", slot, out nint mig) == NvmlNative.Success
            ? new NvmlDevice(library, mig)
            : null;

    public uint? CommonAncestor(NvmlDevice other)
    {
        uint level = 0;
        var function = (delegate* unmanaged<nint, nint, uint*, int>)library.Function(
            "nvmlDeviceGetTopologyCommonAncestor");
        return function != null && function(handle, other.Handle, &level) == NvmlNative.Success ? level : null;
    }

    /// <summary>Whether two reach each other over NVLink; also through a switch.</summary>
    public bool IsLinkedTo(NvmlDevice other)
    {
        var status = -1;
        var function = (delegate* unmanaged<nint, nint, int, int*, int>)library.Function("nvmlDeviceGetP2PStatus");
        return function != null
            && function(handle, other.Handle, NvmlNative.P2PNvLink, &status) == NvmlNative.Success && status == 0;
    }

    public int? Megahertz(uint clock) =>
        At("nvmlDeviceGetClockInfo", clock, out uint value) == NvmlNative.Success ? (int)value : null;

    public uint? Celsius()
    {
        uint value = 0;
        var function = (delegate* unmanaged<nint, int, uint*, int>)library.Function("nvmlDeviceGetTemperature");
        return function != null && function(handle, 0, &value) == NvmlNative.Success ? value : null;
    }

    /// <summary>Since the driver was loaded.</summary>
    public ulong? UncorrectedErrors()
    {
        const int uncorrected = 1, volatileCounter = 0;
        ulong value = 0;
        var function = (delegate* unmanaged<nint, int, int, ulong*, int>)library.Function(
            "nvmlDeviceGetTotalEccErrors");
        return function != null
            && function(handle, uncorrected, volatileCounter, &value) == NvmlNative.Success ? value : null;
    }

    /// <summary>What a field says as a whole number.</summary>
    public uint? Field(uint id)
    {
        var field = new NvmlNative.Field { Id = id };
        var function = (delegate* unmanaged<nint, int, NvmlNative.Field*, int>)library.Function(
            "nvmlDeviceGetFieldValues");
        return function != null && function(handle, 1, &field) == NvmlNative.Success
            && field.Return == NvmlNative.Success ? (uint)field.Value : null;
    }

    public int Register(ulong types, nint set)
    {
        var function = (delegate* unmanaged<nint, ulong, nint, int>)library.Function("nvmlDeviceRegisterEvents");
        return function == null ? NvmlNative.FunctionNotFound : function(handle, types, set);
    }

    private nint Handle => handle;

    private int Get(string name, void* into)
    {
        var function = (delegate* unmanaged<nint, void*, int>)library.Function(name);
        return function == null ? NvmlNative.FunctionNotFound : function(handle, into);
    }
}
