using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Usage;

/// <summary>Answers the server's question what is used here and was spent.</summary>
internal sealed class UsageStreams(UsageMeter meter, Func<NodeBudgets> spent)
{
    public async Task<string?> Answer(
        ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var usage = await meter.Measure(cancellation) with { Budgets = spent() };
        var text = JsonSerializer.SerializeToUtf8Bytes(usage, ModelJson.Default.NodeUsage);
        if (text.Length > NodeUsage.BytesMax)
        {
            return $"what is used takes {text.Length} bytes, more than {NodeUsage.BytesMax}";
        }

        await stream.Write(text, cancellation);
        return null;
    }
}
