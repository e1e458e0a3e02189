using System.Runtime.InteropServices;
using Edge.Agent.Runtime.Logs;

namespace Edge.Agent.Runtime.Streams;

/// <summary>The writing end of a process's standard input.</summary>
internal sealed class InputPipe : IDisposable
{
    private readonly DescriptorWaits _waits;
    private int _descriptor;

    private InputPipe(int descriptor, DescriptorWaits waits) => (_descriptor, _waits) = (descriptor, waits);

    /// <summary>
    /// Makes the FIFO when it is not there. Opened for reading too: that never waits, and a reader that is gone is seen
    /// by the end of its process and not by a signal.
    /// </summary>
    public static InputPipe Open(string path, DescriptorWaits waits)
    {
        const int readWrite = 2;
        Fifo.Make(path);
        var descriptor = Libc.Open(path, readWrite | Libc.OpenNonBlock | Libc.OpenCloseOnExec, 0);
        return descriptor >= 0
            ? new InputPipe(descriptor, waits)
            : throw Libc.Failure($"opening {path}", Marshal.GetLastPInvokeError());
    }

    public async ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken token)
    {
        while (!data.IsEmpty && _descriptor >= 0)
        {
            var written = Libc.Write(_descriptor, data.Span, data.Length);
            if (written >= 0)
            {
                data = data[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.ErrorInterrupted:
                    break;
                case Libc.ErrorAgain:
                    await _waits.UntilWritable(_descriptor, token);
                    break;
                case var error:
                    throw Libc.Failure("writing a process's input", error);
            }
        }
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            Libc.Close(_descriptor);
            _descriptor = -1;
        }
    }
}
