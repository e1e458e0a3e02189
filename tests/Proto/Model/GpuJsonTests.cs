using System.Text;
using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Tests.Proto.Model;

public sealed class GpuJsonTests
{
    private static readonly string Full = """
        {"driver":"550.54.15","cuda":"12.4","machine":"DGX","problem":{"reason":"R","message":"m"},
        "devices":[{"uuid":"GPU-a","index":0,"minor":2,"product":"NVIDIA L4","bus":"0000:19:00.0",
        "class":"0x030200","numa":1,"memoryBytes":24146608128,"sharesMemory":true,"virtual":true,
        "compute":"8.9","migEnabled":true,"instances":[{"uuid":"MIG-a","profile":"1g.10gb","gpuInstance":7,
        "computeInstance":1,"memoryBytes":5,
        "shape":[14,1,2,0,3,4,1,5]}],"distances":[0,40],"nvLinks":[0,18],"unhealthy":"XID 79",
        "readings":{"memoryUsedBytes":1,"memoryFreeBytes":2,"memoryReservedBytes":3,"load":4,"memoryLoad":5,
        "celsius":6,"milliwatts":7,"limitMilliwatts":8,"millijoules":9,"ecc":true,"eccErrors":10,
        "recovery":11}},{"uuid":"GPU-b","index":1}]}
        """.Replace("\n", "", StringComparison.Ordinal);

    /// <summary>What most changes the meaning of JSON.</summary>
    private const string Marks = "{}[]\",:-0e\\";

    [Fact]
    public void Everything_is_read_back_as_it_was_written() =>
        Assert.Equal(Full, Text(GpuJson.Bytes(GpuJson.Read(Bytes(Full)), readings: true)));

    [Fact]
    public void Readings_are_told_only_to_who_asks_for_them() =>
        Assert.DoesNotContain("readings", Text(GpuJson.Bytes(GpuJson.Read(Bytes(Full)))));

    [Fact]
    public void A_field_of_a_later_agent_is_skipped() => Assert.Equal(
        """{"devices":[{"uuid":"GPU-a","index":0}]}""",
        Text(GpuJson.Bytes(GpuJson.Read(Bytes("""{"new":{},"devices":[{"uuid":"GPU-a","older":[1],"index":0}]}""")))));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"driver":5}""")]
    [InlineData("""{"problem":null}""")]
    [InlineData("""{"devices":{}}""")]
    [InlineData("""{"devices":[null]}""")]
    [InlineData("""{"devices":[{}]}""")]
    [InlineData("""{"devices":[{"uuid":""}]}""")]
    [InlineData("""{"devices":[{"uuid":"a","index":"0"}]}""")]
    [InlineData("""{"devices":[{"uuid":"a","index":3000000000}]}""")]
    [InlineData("""{"devices":[{"uuid":"a","memoryBytes":1.5}]}""")]
    [InlineData("""{"devices":[{"uuid":"a","migEnabled":1}]}""")]
    [InlineData("""{"devices":[{"uuid":"a","distances":["near"]}]}""")]
    [InlineData("""{"devices":[{"uuid":"\ud800"}]}""")]
    public void What_is_no_inventory_is_refused(string text) =>
        Assert.ThrowsAny<JsonException>(() => GpuJson.Read(Bytes(text)));

    [Fact]
    public void More_than_any_machine_has_is_refused()
    {
        var many = string.Join(',', Enumerable.Range(0, GpuInventory.DevicesMax + 1).Select(_ => """{"uuid":"a"}"""));
        Assert.Throws<JsonException>(() => GpuJson.Read(Bytes($$"""{"devices":[{{many}}]}""")));
        Assert.Throws<JsonException>(() => GpuJson.Read(Bytes($$"""{"driver":"{{new string('5', 1000)}}"}""")));
    }

    [Fact]
    public void Whatever_comes_is_an_inventory_or_refused()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = Bytes(Full);
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(4) == 0
                    ? (byte)random.Next(256)
                    : (byte)Marks[random.Next(Marks.Length)];
            }

            try
            {
                var read = GpuJson.Read(bytes);
                Assert.Equal(
                    Text(GpuJson.Bytes(read, readings: true)),
                    Text(GpuJson.Bytes(GpuJson.Read(GpuJson.Bytes(read, readings: true)), readings: true)));
            }
            catch (JsonException)
            {
                // Refused.
            }
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
