using System.Runtime.InteropServices;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// The reading end of one container stream. The container's shim holds both ends open, so a reader may come and go
/// without the container noticing, as long as the pipe is not full.
/// </summary>
internal sealed class Fifo : IDisposable
{
    /// <summary>
    /// The kernel's default for the largest pipe of an unprivileged user; room for a restart of the agent.
    /// </summary>
    public const int PipeBytes = 1024 * 1024;

    private Fifo(int fd) => Fd = fd;

    public int Fd { get; private set; }

    /// <summary>Makes the FIFO when it is not there and opens it without waiting for a writer.</summary>
    public static Fifo Open(string path)
    {
        Make(path);
        var fd = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenNonBlock | Libc.OpenCloseOnExec, 0);
        if (fd < 0)
        {
            throw Libc.Failure($"opening {path}", Marshal.GetLastPInvokeError());
        }

        // Refused when the user's pipe budget is spent; a smaller pipe still works.
        Libc.Fcntl(fd, Libc.SetPipeSize, PipeBytes);
        return new Fifo(fd);
    }

    /// <summary>For the agent's own user alone; there already is success.</summary>
    public static void Make(string path)
    {
        const uint ownerOnly = 0x180;
        if (Libc.MakeFifo(path, ownerOnly) != 0 && Marshal.GetLastPInvokeError() is var made and not Libc.ErrorExists)
        {
            throw Libc.Failure($"making {path}", made);
        }
    }

    /// <summary>Bytes read, zero at the end (no writer), or -1 when nothing is there now.</summary>
    public int Read(Span<byte> buffer)
    {
        while (true)
        {
            var got = Libc.Read(Fd, buffer, buffer.Length);
            if (got >= 0)
            {
                return (int)got;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.ErrorInterrupted:
                    break;
                case Libc.ErrorAgain:
                    return -1;
                case var error:
                    throw Libc.Failure("reading a container's output", error);
            }
        }
    }

    public void Dispose()
    {
        if (Fd >= 0)
        {
            Libc.Close(Fd);
            Fd = -1;
        }
    }
}
