using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Edge.Tests.Bench;

/// <summary>
/// One HTTP/1.1 connection over TLS that costs the machine little, because it shares it with the server it measures:
/// requests are ready-made bytes, and of an answer only its status, its length and its end are looked at. It blocks the
/// thread that uses it, which the kernel wakes by itself when the answer is there: nobody polls, and nobody hands over.
/// </summary>
internal sealed class LeanConnection : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private static readonly byte[] s_headEnd = "\r\n\r\n"u8.ToArray();

    private readonly Socket _socket;
    private readonly SslStream _stream;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    private LeanConnection(Socket socket, SslStream stream) => (_socket, _stream) = (socket, stream);

    public static LeanConnection Open(ApiTarget target)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect("127.0.0.1", target.Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        stream.AuthenticateAsClient(target.Tls);
        return new LeanConnection(socket, stream);
    }

    /// <summary>A request's bytes; the body may be empty.</summary>
    public static byte[] Request(string method, string path, string body = "", string type = "application/json") =>
        Encoding.UTF8.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n"
            + (body.Length == 0 && method == "GET" ? ""
                : $"Content-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n")
            + $"\r\n{body}");

    /// <summary>Sends a request and reads its whole answer; the status code.</summary>
    public int Ask(ReadOnlySpan<byte> request)
    {
        _stream.Write(request);
        var (status, length) = Head();
        if (length is { } known)
        {
            Skip(known);
        }
        else
        {
            while (Chunk() > 0)
            {
            }
        }

        return status;
    }

    /// <summary>Sends a request whose answer does not end; the status code.</summary>
    public int Begin(ReadOnlySpan<byte> request)
    {
        _stream.Write(request);
        return Head().Status;
    }

    /// <summary>Reads what is there of an answer that does not end, and counts its lines.</summary>
    /// <exception cref="EndOfStreamException">The answer has ended, or <see cref="End"/> ended it.</exception>
    public int Lines()
    {
        // What was kept of the last read may be the end of a line only.
        if (_end - _start <= 1)
        {
            Fill();
        }

        var lines = _buffer.AsSpan(_start.._end).Count("}\n"u8);
        _start = _end - 1;
        return lines;
    }

    /// <summary>Ends it for the thread that reads it.</summary>
    public void End() => _socket.Shutdown(SocketShutdown.Both);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    /// <summary>The length is null where the body comes in chunks.</summary>
    private (int Status, long? Length) Head()
    {
        int at;
        while ((at = _buffer.AsSpan(_start.._end).IndexOf(s_headEnd)) < 0)
        {
            Fill();
        }

        var head = Read(_buffer.AsSpan(_start, at));
        _start += at + s_headEnd.Length;
        return head;
    }

    private static (int Status, long? Length) Read(ReadOnlySpan<byte> head)
    {
        var status = int.Parse(head.Slice(9, 3));
        var field = "\r\nContent-Length: "u8;
        var at = head.IndexOf(field);
        if (at < 0)
        {
            return (status, null);
        }

        var value = head[(at + field.Length)..];
        var end = value.IndexOf((byte)'\r');
        return (status, long.Parse(end < 0 ? value : value[..end]));
    }

    private long Chunk()
    {
        int at;
        while ((at = _buffer.AsSpan(_start.._end).IndexOf("\r\n"u8)) < 0)
        {
            Fill();
        }

        var size = Convert.ToInt64(Encoding.ASCII.GetString(_buffer, _start, at), 16);
        _start += at + 2;
        Skip(size);
        Skip(2);
        return size;
    }

    private void Skip(long bytes)
    {
        while (bytes > _end - _start)
        {
            bytes -= _end - _start;
            _start = _end = 0;
            Fill();
        }

        _start += (int)bytes;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            throw new InvalidDataException("a head longer than the buffer");
        }

        var read = _stream.Read(_buffer.AsSpan(_end));
        _end += read > 0 ? read : throw new EndOfStreamException();
    }
}
