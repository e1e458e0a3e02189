using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Tests.Support;
using Google.Protobuf;

namespace Edge.Tests.Proto.Link.Sealing;

/// <summary>
/// Somebody between both ends who records all, and sends what was recorded, changed or made up, in any order.
/// </summary>
public sealed class SealFuzzTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Nobody_in_between_makes_an_end_hear_what_the_other_did_not_say_or_twice(int seed)
    {
        using var authority = new SealAuthority();
        var random = new Random(seed);
        var pair = new SealPair(authority);
        var (recorded, heard) = (new List<byte[]>(), new HashSet<ulong>());
        ulong session = 0, said = 0;
        for (var step = 0; step < 1500; step++)
        {
            if (step % 200 == 0)
            {
                pair.Opened(++session);
            }

            recorded.Add(Packet.Encode(pair.Agent.Seal(SealPair.Up, SealPair.Beat(session, ++said))!));
            recorded.Add(Packet.Encode(pair.Server.Seal(
                SealPair.Down, new Envelope { Session = session, Ack = new Ack { Version = said } })!));
            if (random.Next(20) == 0)
            {
                recorded.Add(Packet.Encode(pair.Agent.Seal(SealPair.Up, SealPair.Hello(session))!));
            }

            for (var i = random.Next(4); i > 0; i--)
            {
                Inject(pair, Forge(recorded, random), heard, session, said);
            }
        }

        Assert.NotEmpty(heard);
        Assert.NotNull(pair.ToServer(SealPair.Beat(session, 1)));
    }

    private static void Inject(SealPair pair, byte[] bytes, HashSet<ulong> heard, ulong session, ulong said)
    {
        if (Packet.Decode(bytes) is not { } packet)
        {
            return;
        }

        if (packet.BodyCase == Envelope.BodyOneofCase.Offer)
        {
            pair.Server.Answer(packet.Offer, session);
        }

        if (pair.Server.Open(SealPair.Up, packet) is { BodyCase: Envelope.BodyOneofCase.Heartbeat } up)
        {
            Assert.InRange(up.Heartbeat.Number, 1ul, said);
            Assert.True(heard.Add(up.Heartbeat.Number));
            Assert.Equal(session, up.Session);
        }

        var (news, down) = pair.Agent.Receive(SealPair.Down, packet, TimeSpan.Zero);
        Assert.NotEqual(SealNews.Awaited, news);
        if (down is not null)
        {
            Assert.InRange(down.Ack.Version, 1ul, said);
            Assert.True(heard.Add(down.Ack.Version << 32));
        }
    }

    private static byte[] Forge(List<byte[]> recorded, Random random)
    {
        byte[] bytes = [.. recorded[random.Next(Math.Max(0, recorded.Count - 300), recorded.Count)]];
        switch (random.Next(6))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes = bytes[..random.Next(bytes.Length)];
                break;
            case 2:
                random.NextBytes(bytes.AsSpan(random.Next(bytes.Length)));
                break;
            case 3:
                var number = (ulong)random.NextInt64();
                bytes = Packet.Encode(new Envelope
                {
                    Sealed = new Sealed { Number = number, Box = ByteString.CopyFrom(bytes) },
                });
                break;
        }

        return bytes;
    }
}
