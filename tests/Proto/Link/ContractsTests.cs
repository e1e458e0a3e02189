using System.Text;
using Edge.Proto.Link;
using Edge.Tests.Support;
using Google.Protobuf.Reflection;

namespace Edge.Tests.Proto.Link;

/// <summary>
/// What the other end relies on, as text: every message, field number and type, and every topic. The checked-in text
/// makes a change of the contract a line that a reviewer sees. Lines are only ever added to it.
/// </summary>
public sealed class ContractsTests
{
    private const string Heading =
        "# The contract of the link, by tests/Proto/Link/ContractsTests with EDGE_ACCEPT=1; lines are only added";

    private static readonly (string Name, string Topic)[] AllTopics =
    [
        ("Down", Topics.Down("<node>")),
        ("Up", Topics.Up("<node>")),
        ("Presence", Topics.Presence("<node>")),
        ("StreamDown", Topics.StreamDown("<node>", "<id>")),
        ("StreamUp", Topics.StreamUp("<node>", "<id>")),
        ("StreamsDown", Topics.StreamsDown("<node>")),
        ("AllUp", Topics.AllUp),
        ("AllStreamsUp", Topics.AllStreamsUp),
        ("AllPresence", Topics.AllPresence),
    ];

    [Fact]
    public void The_contract_is_the_checked_in_one()
    {
        var path = Path.Combine(Repository.Root, "proto", "contracts.txt");
        var (now, before) = (Print(), File.Exists(path) ? File.ReadAllText(path) : "");
        var broken = before.Split('\n').Except(now.Split('\n')).ToList();
        Assert.True(
            broken.Count == 0,
            $"An older end relies on what is gone or other now:\n{string.Join('\n', broken)}\n"
            + "Give it back; a field that is not sent any more keeps its line.");
        if (Environment.GetEnvironmentVariable("EDGE_ACCEPT") == "1")
        {
            File.WriteAllText(path, now);
            return;
        }

        var added = now.Split('\n').Except(before.Split('\n'));
        Assert.True(
            now == before,
            $"proto/contracts.txt does not know:\n{string.Join('\n', added)}\n"
            + "If that is meant: EDGE_ACCEPT=1 dotnet test tests/Proto --filter ContractsTests, then commit the file.");
    }

    [Fact]
    public void Every_constant_and_method_that_makes_a_topic_is_listed()
    {
        var made = typeof(Topics).GetMembers()
            .Where(member => member.DeclaringType == typeof(Topics))
            .Select(member => member.Name)
            .Except([nameof(Topics.UserPrefix), nameof(Topics.Parse)])
            .Order(StringComparer.Ordinal);

        Assert.Equal(made, AllTopics.Select(topic => topic.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_topic_of_one_node_is_taken_apart_again()
    {
        Assert.Equal(new TopicParts("gate-7", TopicKind.Messages, ""), Topics.Parse(Topics.Up("gate-7")));
        Assert.Equal(new TopicParts("gate-7", TopicKind.Messages, ""), Topics.Parse(Topics.Down("gate-7")));
        Assert.Equal(new TopicParts("gate-7", TopicKind.Presence, ""), Topics.Parse(Topics.Presence("gate-7")));
        Assert.Equal(new TopicParts("gate-7", TopicKind.Stream, "a1"), Topics.Parse(Topics.StreamUp("gate-7", "a1")));
        Assert.Equal(new TopicParts("gate-7", TopicKind.Stream, "a1"), Topics.Parse(Topics.StreamDown("gate-7", "a1")));
    }

    [Theory]
    [InlineData("edge/v1/gate-7/up")]
    [InlineData("edge/v1/system:node:/up")]
    [InlineData("edge/v1/system:node:gate-7/other")]
    [InlineData("edge/v1/system:node:gate-7/stream//up")]
    [InlineData("edge/v2/system:node:gate-7/up")]
    public void Another_topic_is_none_of_ours(string topic) => Assert.Null(Topics.Parse(topic));

    private static string Print()
    {
        var text = new StringBuilder();
        text.Append(Heading).Append("\n\n");
        var file = LinkReflection.Descriptor;
        foreach (var message in file.MessageTypes)
        {
            foreach (var field in message.Fields.InFieldNumberOrder())
            {
                text.Append($"message {message.FullName} {field.FieldNumber} {field.Name} {TypeOf(field)}\n");
            }
        }

        foreach (var one in file.EnumTypes)
        {
            foreach (var value in one.Values)
            {
                text.Append($"enum {one.FullName} {value.Number} {value.Name}\n");
            }
        }

        foreach (var (name, topic) in AllTopics)
        {
            text.Append($"topic {name} {topic}\n");
        }

        return text.ToString();
    }

    private static string TypeOf(FieldDescriptor field)
    {
        var type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.FullName,
            FieldType.Enum => field.EnumType.FullName,
            var scalar => scalar.ToString().ToLowerInvariant(),
        };
        return (field.IsRepeated ? "repeated " : "") + type
            + (field.RealContainingOneof is { } oneof ? $" oneof {oneof.Name}" : "");
    }
}
