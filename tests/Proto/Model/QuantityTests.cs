using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Tests.Proto.Model;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("100m", 0.1)]
    [InlineData("1", 1)]
    [InlineData("1.5", 1.5)]
    [InlineData(".5", 0.5)]
    [InlineData("+2", 2)]
    [InlineData("-2k", -2000)]
    [InlineData("2e3", 2000)]
    [InlineData("2E-3", 0.002)]
    [InlineData("1Ki", 1024)]
    [InlineData("1.5Gi", 1610612736)]
    [InlineData("3E", 3e18)]
    [InlineData("100n", 1e-7)]
    public void Kubernetes_suffixes_are_understood(string text, double expected) =>
        Assert.Equal((decimal)expected, Quantity.Parse(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("1 Gi")]
    [InlineData("1gi")]
    [InlineData("1.2.3")]
    [InlineData("Ki")]
    [InlineData("1e")]
    [InlineData("1e99")]
    [InlineData("--1")]
    public void Anything_else_is_refused(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Theory]
    [InlineData("100000000E", 1)]
    [InlineData("-100000000E", -1)]
    [InlineData("79228162514264337593543950335Ei", 1)]
    public void No_amount_is_larger_than_64_bits_and_none_overflows(string text, int sign)
    {
        var large = Quantity.Parse(text);
        Assert.Equal(sign * (decimal)long.MaxValue, large.Value);
        Assert.Equal(sign > 0 ? long.MaxValue : long.MinValue, large.MilliValue);
        Assert.Equal(large, large + large);
        Assert.Equal(text, large.ToString());
    }

    [Fact]
    public void The_text_survives_a_round_trip()
    {
        var quantity = JsonSerializer.Deserialize<Quantity>("\"1.50Gi\"");

        Assert.Equal("\"1.50Gi\"", JsonSerializer.Serialize(quantity));
    }

    [Fact]
    public void A_bare_number_is_a_quantity() =>
        Assert.Equal(2m, JsonSerializer.Deserialize<Quantity>("2").Value);

    [Fact]
    public void Equal_amounts_are_equal_however_they_are_written()
    {
        Assert.Equal(Quantity.Parse("1000m"), Quantity.Parse("1"));
        Assert.True(Quantity.Parse("1Gi") > Quantity.Parse("1G"));
    }

    [Fact]
    public void Milli_and_unit_values_round_up()
    {
        Assert.Equal(1, Quantity.Parse("100n").MilliValue);
        Assert.Equal(2, Quantity.Parse("1500m").Units);
    }

    [Fact]
    public void A_sum_is_written_as_briefly_as_it_can_be()
    {
        Assert.Equal("600m", (Quantity.Parse("100m") + Quantity.Parse("500m")).ToString());
        Assert.Equal("1", (Quantity.Parse("500m") + Quantity.Parse("500m")).ToString());
    }

    [Fact]
    public void Bytes_are_written_in_kibibytes_when_they_divide()
    {
        Assert.Equal("4Ki", Quantity.FromBytes(4096).ToString());
        Assert.Equal("4097", Quantity.FromBytes(4097).ToString());
    }
}
