using System.Runtime.InteropServices;

namespace Edge.Proto.Mqtt;

/// <summary>poll(2), and an eventfd by which other threads end a wait.</summary>
internal sealed partial class PollSet : IDisposable
{
    private const short PollIn = 1;
    private const short PollOut = 4;
    private const int NonBlockingCloseOnExec = 0x80800;

    private readonly int _wake = EventFd(0, NonBlockingCloseOnExec);
    private PollFd[] _polled = new PollFd[4];

    /// <summary>Waits for one of the sockets, a wake or the end of the time; null waits without end.</summary>
    public void Wait(IReadOnlyList<(int Socket, bool Write)> sockets, TimeSpan? atMost)
    {
        if (_polled.Length <= sockets.Count)
        {
            Array.Resize(ref _polled, sockets.Count * 2);
        }

        _polled[0] = new PollFd { Descriptor = _wake, Events = PollIn };
        for (var i = 0; i < sockets.Count; i++)
        {
            var events = sockets[i].Write ? (short)(PollIn | PollOut) : PollIn;
            _polled[i + 1] = new PollFd { Descriptor = sockets[i].Socket, Events = events };
        }

        // Rounded up: a wait that ends too early would spin until the time has come.
        var milliseconds = atMost is { } most
            ? (int)Math.Clamp(Math.Ceiling(most.TotalMilliseconds), 0, int.MaxValue)
            : -1;
        _ = Poll(_polled, (nuint)(sockets.Count + 1), milliseconds);
        if (_polled[0].Returned != 0)
        {
            _ = Read(_wake, out _, sizeof(ulong));
        }
    }

    /// <summary>Anything that poll reports counts: also a hang-up is found by reading.</summary>
    public bool IsReady(int index) => _polled[index + 1].Returned != 0;

    public void Wake()
    {
        var one = 1UL;
        _ = Write(_wake, in one, sizeof(ulong));
    }

    public void Dispose() => _ = Close(_wake);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll([In, Out] PollFd[] descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, out ulong value, nint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, in ulong value, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
