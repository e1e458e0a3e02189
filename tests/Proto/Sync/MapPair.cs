using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Tests.Proto.Sync;

/// <summary>A writer and a reader of one map with the messages between them in the test's hands.</summary>
internal sealed class MapPair
{
    public const ulong Epoch = 7;

    private readonly Random _random = new(1);

    public MapPair(params MapEntry[] durable)
    {
        Writer = new MapWriter(Map.Desired, Epoch, _random, ToReader.Enqueue);
        Reader = new MapReader(Map.Desired, durable, _random, ToWriter.Enqueue);
        foreach (var entry in durable)
        {
            Disk[entry.Key] = Text(entry.Value);
        }
    }

    public MapWriter Writer { get; }

    public MapReader Reader { get; }

    public Queue<Envelope> ToReader { get; } = new();

    public Queue<Envelope> ToWriter { get; } = new();

    /// <summary>What the reader has committed.</summary>
    public SortedDictionary<string, string> Disk { get; } = new(StringComparer.Ordinal);

    public int Commits { get; private set; }

    public TimeSpan Now { get; set; }

    public static MapEntry Entry(string key, string value) => new(key, Encoding.UTF8.GetBytes(value));

    /// <summary>Longer than a chunk, and the same for the same seed; no compression makes it smaller.</summary>
    public static MapEntry Large(string key, int seed, int bytes = 150_000)
    {
        var value = new byte[bytes];
        new Random(seed).NextBytes(value);
        return new MapEntry(key, value);
    }

    /// <summary>A hello and its welcome.</summary>
    public void Open()
    {
        var (writer, reader) = (Writer.Standing, Reader.Standing);
        Writer.Open(reader, Now);
        Reader.Open(writer, Now);
    }

    /// <summary>Both are placed at an empty map and know it of each other.</summary>
    public static MapPair AtRest()
    {
        var pair = new MapPair();
        pair.Open();
        pair.Settle();
        return pair;
    }

    /// <summary>Delivers and commits until nobody has anything to say at this time.</summary>
    public void Settle()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Writer.Poll(Now);
            Reader.Poll(Now);
            if (ToReader.Count + ToWriter.Count == 0)
            {
                return;
            }

            DeliverToReader();
            Commit();
            DeliverToWriter();
        }

        throw new InvalidOperationException("the two never come to rest");
    }

    public void DeliverToReader()
    {
        while (ToReader.TryDequeue(out var envelope))
        {
            if (envelope.BodyCase == Envelope.BodyOneofCase.Chunk)
            {
                Reader.OnChunk(envelope.Chunk, Now);
            }
            else
            {
                Reader.OnProgress(envelope.Progress, Now);
            }
        }
    }

    public void DeliverToWriter()
    {
        while (ToWriter.TryDequeue(out var envelope))
        {
            switch (envelope.BodyCase)
            {
                case Envelope.BodyOneofCase.Chunk:
                    Writer.OnKeys(envelope.Chunk, Now);
                    break;
                case Envelope.BodyOneofCase.Ack:
                    Writer.OnAck(envelope.Ack.Epoch, envelope.Ack.Version);
                    break;
                default:
                    Writer.OnProgress(envelope.Progress, Now);
                    break;
            }
        }
    }

    public void Commit()
    {
        if (Reader.Pending is not { } change)
        {
            return;
        }

        if (change.Snapshot)
        {
            Disk.Clear();
        }

        change.Removals.ToList().ForEach(key => Disk.Remove(key));
        change.Upserts.ToList().ForEach(entry => Disk[entry.Key] = Text(entry.Value));
        Commits++;
        Reader.Committed(Now);
    }

    /// <summary>The one chunk that waits for the reader.</summary>
    public Chunk TakeChunk() => Assert.Single(Drain(ToReader)).Chunk;

    public static List<Envelope> Drain(Queue<Envelope> queue)
    {
        var all = queue.ToList();
        queue.Clear();
        return all;
    }

    public static Changes Body(Chunk chunk) =>
        Changes.Parser.ParseFrom(Payload.Unpack(chunk.Data.Span, MapLimits.BodyBytesMax)!);

    private static string Text(ReadOnlyMemory<byte> value) => Encoding.UTF8.GetString(value.Span);
}
