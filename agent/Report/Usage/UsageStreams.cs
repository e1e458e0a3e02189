using System.Text.Json;
using Edge.Proto.Link;
using Edge.Proto.Model;

namespace Edge.Agent.Report.Usage;

/// <summary>Answers the server's question what is used here.</summary>
internal sealed class UsageStreams(UsageMeter meter)
{
    public async Task<string?> Answer(
        ReadOnlyMemory<byte> payload, LinkStream stream, CancellationToken cancellation)
    {
        var usage = await meter.Measure(cancellation);
        var text = JsonSerializer.SerializeToUtf8Bytes(usage, ModelJson.Default.NodeUsage);
        if (text.Length > NodeUsage.BytesMax)
        {
            return $"what is used takes {text.Length} bytes, more than {NodeUsage.BytesMax}";
        }

        await stream.Write(text, cancellation);
        return null;
    }
}
