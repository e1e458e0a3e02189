using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Edge.Proto.Mqtt;

/// <summary>
/// One libmosquitto client and the managed object that its callbacks reach. A new one is made for every connection,
/// so nothing of an old one (queue, certificate, in-flight messages) lives on.
/// </summary>
internal sealed class MosquittoHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private GCHandle _state;

    public MosquittoHandle() : base(ownsHandle: true)
    {
    }

    public static MosquittoHandle Create(object state, string? clientId)
    {
        var handle = new MosquittoHandle { _state = GCHandle.Alloc(state) };
        // The broker names the client after its certificate; without one it gives a random name.
        handle.SetHandle(Mosquitto.New(clientId, cleanStart: true, GCHandle.ToIntPtr(handle._state)));
        return handle.IsInvalid ? throw new InvalidOperationException("libmosquitto: out of memory") : handle;
    }

    public static T State<T>(nint pointer) where T : class => (T)GCHandle.FromIntPtr(pointer).Target!;

    protected override bool ReleaseHandle()
    {
        Mosquitto.Destroy(handle);
        _state.Free();
        return true;
    }
}
