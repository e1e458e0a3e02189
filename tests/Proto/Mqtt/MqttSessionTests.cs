using Edge.Proto.Mqtt;

namespace Edge.Tests.Proto.Mqtt;

/// <summary>What a session tells its owner without any broker.</summary>
public sealed class MqttSessionTests
{
    /// <summary>
    /// The end of the connecting call races with the loop that looks for it; often enough to be seen.
    /// </summary>
    private const int Rounds = 300;

    [Fact]
    public async Task Every_connection_that_fails_is_told()
    {
        using var loop = new MqttLoop(TimeProvider.System);
        var settings = new MqttSettings { Host = "/nowhere/broker.sock", Port = 0 };
        for (var round = 0; round < Rounds; round++)
        {
            await using var session = new MqttSession(loop, settings, new Random(round));
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(10));

            Assert.IsType<MqttEvent.Disconnected>(await session.Events.ReadAsync(late.Token));
        }
    }
}
