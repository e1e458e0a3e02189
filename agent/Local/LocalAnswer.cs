using System.Text;

namespace Edge.Agent.Local;

/// <summary>
/// The answer on its way to a person. The head goes with the first piece, so that an error found before it has a status
/// of its own; the body is chunked, so that an answer which was cut off is seen as such.
/// </summary>
internal sealed class LocalAnswer(Stream stream, TimeProvider clock)
{
    /// <summary>Who takes nothing for so long is gone, or holds a place from others.</summary>
    private static readonly TimeSpan WriteMax = TimeSpan.FromSeconds(30);

    private bool _begun;

    /// <summary>Beside the answer, for the person's error output; set before the first piece.</summary>
    public string? Note { get; set; }

    public Task Whole(string text, CancellationToken cancellation) => Whole(200, text, cancellation);

    /// <summary>Without effect on an answer that has begun: it ends early, and is seen to.</summary>
    public async Task Whole(int status, string text, CancellationToken cancellation)
    {
        if (!_begun)
        {
            await Begin(status, cancellation);
            await Piece(Encoding.UTF8.GetBytes(text), cancellation);
            await End(cancellation);
        }
    }

    public async ValueTask Piece(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        if (!_begun)
        {
            await Begin(200, cancellation);
        }

        if (piece.Length > 0)
        {
            byte[] framed = [.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece.Span, .. "\r\n"u8];
            await Write(framed, cancellation);
        }
    }

    public async Task End(CancellationToken cancellation)
    {
        await Piece(default, cancellation);
        await Write("0\r\n\r\n"u8.ToArray(), cancellation);
    }

    private async Task Begin(int status, CancellationToken cancellation)
    {
        _begun = true;
        var note = Note is null ? "" : $"Edge-Note: {Note}\r\n";
        await Write(
            Encoding.UTF8.GetBytes(
                $"HTTP/1.1 {status} -\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{note}\r\n"),
            cancellation);
    }

    private async Task Write(byte[] bytes, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(WriteMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        await stream.WriteAsync(bytes, both.Token);
    }
}
