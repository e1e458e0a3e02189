using System.Text;
using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Tests.Proto.Link;

public sealed class LinkStreamTests
{
    private readonly List<Envelope> _sent = [];
    private readonly LinkStream _stream;

    public LinkStreamTests() => _stream = new LinkStream(_sent.Add, LinkStream.WindowBytes);

    [Fact]
    public async Task Channels_are_kept_apart_and_end_each_by_itself()
    {
        Data(0, "out", channel: 0);
        Data(3, "err", channel: 1);
        Data(6, "", channel: 0, last: true);
        Data(7, "more", channel: 1);
        _stream.Receive(new Envelope { StreamEnd = new StreamEnd { Offset = 11, ExitCode = 3 } });

        var pieces = await Pieces();
        Assert.Equal([(0u, "out", true), (1u, "errmore", false)], pieces);
        Assert.Equal(3, _stream.ExitCode);
    }

    /// <summary>Each piece is an object with a buffer of 4 KiB.</summary>
    [Fact]
    public async Task A_window_of_single_bytes_is_held_in_few_pieces()
    {
        for (var offset = 0; offset < LinkStream.WindowBytes; offset++)
        {
            Data((ulong)offset, "x", channel: (uint)(offset % 2));
        }

        List<int> lengths = [];
        while (lengths.Sum() < LinkStream.WindowBytes)
        {
            lengths.Add((await _stream.ReadPiece(default))!.Data.Length);
        }

        Assert.Equal(Enumerable.Repeat(4096, LinkStream.WindowBytes / 4096), lengths);
    }

    [Fact]
    public async Task A_channel_ends_once_however_often_it_is_closed()
    {
        await _stream.Write(0, "in"u8.ToArray(), default);
        for (var time = 0; time < 3; time++)
        {
            _stream.Close();
        }

        _stream.Close(channel: 1);
        _stream.End();
        Assert.Equal(
            [(0u, 0ul, false), (0u, 2ul, true), (1u, 3ul, true)],
            _sent.SkipLast(1).Select(sent => sent.StreamData).Select(data => (data.Channel, data.Offset, data.Last)));
        Assert.Equal(4ul, _sent[^1].StreamEnd.Offset);
    }

    [Fact]
    public async Task A_lost_end_of_a_channel_is_a_hole()
    {
        Data(0, "in", channel: 0);
        _stream.Receive(new Envelope { StreamEnd = new StreamEnd { Offset = 3 } });

        await _stream.ReadPiece(default);
        var lost = await Assert.ThrowsAsync<LinkStreamException>(() => _stream.ReadPiece(default).AsTask());
        Assert.Equal("bytes were lost before the end", lost.Message);
    }

    [Fact]
    public async Task What_comes_twice_counts_once()
    {
        for (var time = 0; time < 2; time++)
        {
            Data(0, "", channel: 0);
            Data(0, "ab", channel: 0);
            Data(2, "", channel: 0, last: true);
        }

        _stream.Receive(new Envelope { StreamEnd = new StreamEnd { Offset = 3 } });
        Assert.Equal("ab", string.Concat((await Pieces()).Select(piece => piece.Text)));
    }

    [Theory]
    [InlineData(2u, "a", "there is no channel 2")]
    [InlineData(0u, "a", "bytes after the last")]
    public async Task What_cannot_be_ends_the_stream_on_both_sides(uint channel, string text, string error)
    {
        Data(0, "", channel: 0, last: true);
        Data(1, text, channel);

        await _stream.ReadPiece(default);
        await Assert.ThrowsAsync<LinkStreamException>(() => _stream.ReadPiece(default).AsTask());
        Assert.Equal(error, _sent[^1].StreamEnd.Error);
    }

    [Fact]
    public async Task Empty_pieces_do_not_pile_up()
    {
        for (var time = 0; time < 1000; time++)
        {
            Data(0, "", channel: 0);
        }

        Data(0, "a", channel: 1);
        Assert.Empty((await _stream.ReadPiece(default))!.Data.ToArray());
        Assert.Equal(1u, (await _stream.ReadPiece(default))!.Channel);
    }

    [Fact]
    public async Task Of_the_sizes_the_newest_counts_and_the_end_ends_the_waiting()
    {
        _stream.Receive(new Envelope { StreamResize = new StreamResize { Width = 80, Height = 25 } });
        _stream.Receive(new Envelope { StreamResize = new StreamResize { Width = 100, Height = 30 } });
        Assert.Equal(100u, (await _stream.ReadSize(default))!.Width);

        var waiting = _stream.ReadSize(default).AsTask();
        Assert.False(waiting.IsCompleted);
        _stream.Abort("the session was lost");
        Assert.Null(await waiting);
    }

    private void Data(ulong offset, string text, uint channel, bool last = false) =>
        _stream.Receive(new Envelope
        {
            StreamData = new StreamData
            {
                Offset = offset, Data = ByteString.CopyFromUtf8(text), Channel = channel, Last = last,
            },
        });

    private async Task<List<(uint Channel, string Text, bool Last)>> Pieces()
    {
        var pieces = new List<(uint, string, bool)>();
        while (await _stream.ReadPiece(default) is { } piece)
        {
            pieces.Add((piece.Channel, Encoding.UTF8.GetString(piece.Data.Span), piece.IsLast));
        }

        return pieces;
    }
}
