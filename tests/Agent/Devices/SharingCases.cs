using System.Text;
using Edge.Agent;
using Edge.Agent.Devices.Gpu;
using Edge.Agent.Devices.Sharing;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Devices;

/// <summary>
/// The golden cases of the device plugin's configuration document; <c>tests/Cases/sharing/README.md</c> says how one
/// is written.
/// </summary>
public sealed class SharingCases
{
    private const string TwoGpus =
        """
        {"devices":[{"uuid":"GPU-0","index":0,"product":"Tesla T4","memoryBytes":16106127360},
        {"uuid":"GPU-1","index":1,"product":"Tesla T4","memoryBytes":16106127360}]}
        """;

    public static TheoryData<string> Cases =>
        [.. Directory.GetDirectories(Root).Select(folder => Path.GetFileName(folder)!).Order()];

    private static string Root => Repository.Cases("sharing");

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_gives_its_offers(string name)
    {
        var folder = Path.Combine(Root, name);
        var input = YamlTree.Read(File.ReadAllText(Path.Combine(folder, "in.yaml")))[0];
        var gpus = GpuJson.Read(Encoding.UTF8.GetBytes(input["gpus"]?.ToJsonString() ?? TwoGpus));
        var actual = Answer(input["document"]!.GetValue<string>(), gpus);
        Assert.Equal(GoldenFile.Expected(Path.Combine(folder, "out.txt"), actual), actual);
    }

    private static string Answer(string text, GpuInventory gpus)
    {
        var answer = new StringBuilder();
        try
        {
            var document = SharingReader.Read(text);
            var (given, unmet) = SharingPlan.Apply(gpus, document);
            // What the server reads is the annotation.
            given = GpuJson.Read(GpuJson.Bytes(given));
            foreach (var offer in given.Offers)
            {
                answer.Append($"{offer.Id} {offer.Resource} x{offer.Shares}{(given.GivesOneShare ? " one" : "")}\n");
            }

            var labels = new Dictionary<string, string>();
            GpuLabelsPlan.Label(given, labels);
            foreach (var (label, value) in labels.Where(label => Depends(label.Key)).OrderBy(label => label.Key))
            {
                answer.Append($"{label}={value}\n");
            }

            answer.Append(string.Concat(unmet.Select(fault => $"unmet: {fault}\n")));
            answer.Append(string.Concat(document.WithoutEffect.Select(field => $"without effect: {field}\n")));
        }
        catch (FormatException refused)
        {
            answer.Append($"error: {refused.Message}\n");
        }

        return answer.ToString();
    }

    private static bool Depends(string label) =>
        label.EndsWith(".count", StringComparison.Ordinal) || label.EndsWith(".replicas", StringComparison.Ordinal)
        || label.EndsWith(".product", StringComparison.Ordinal) || label.EndsWith(".memory", StringComparison.Ordinal)
        || label.EndsWith("strategy", StringComparison.Ordinal)
        || label.EndsWith(".multiprocessors", StringComparison.Ordinal)
        || label.Contains(".slices.", StringComparison.Ordinal)
        || label.Contains(".engines.", StringComparison.Ordinal);
}
