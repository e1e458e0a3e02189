using Edge.Agent.Enrolment;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Enrolment;

/// <summary>What the cluster says of its broker, and what is kept of it.</summary>
public sealed class BrokerAddressTests
{
    private const string Pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

    private static readonly Uri Url = new("mqtts://broker.example:8883");

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(true, Pem)]
    [InlineData(false, Pem)]
    public void What_is_kept_is_read_back(bool isSealed, string? pem)
    {
        var broker = new BrokerAddress(Url, isSealed, pem);
        Assert.Equal(broker, BrokerAddress.Parse(broker.Text));
    }

    [Fact]
    public void What_was_kept_before_messages_were_sealed_is_read_as_it_was_meant() =>
        Assert.Equal(new BrokerAddress(Url, IsSealed: false, null), BrokerAddress.Parse("mqtts://broker.example:8883"));

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData(null, false)]
    public void The_cluster_says_whether_messages_are_sealed(string? word, bool isSealed)
    {
        var data = new Dictionary<string, string> { ["broker"] = Url.OriginalString, ["broker-ca.crt"] = Pem };
        if (word is not null)
        {
            data["broker-sealed"] = word;
        }

        Assert.Equal(new BrokerAddress(Url, isSealed, Pem), BrokerAddress.Of(new ConfigMap { Data = data }));
        Assert.Null(BrokerAddress.Of(new ConfigMap()));
    }
}
