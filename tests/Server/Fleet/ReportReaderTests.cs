using System.Text;
using Edge.Proto.Sync;
using Edge.Server.Fleet;

namespace Edge.Tests.Server.Fleet;

/// <summary>A report that is not one is refused before it reaches the store or stops the loop of all nodes.</summary>
public sealed class ReportReaderTests
{
    [Theory]
    [InlineData("pods/u", """{"metadata":{"name":"web"},"status":{"phase":"Running","unknown":[{}]},"removed":true}""")]
    [InlineData("node", """{"labels":{"a":"b"},"status":{"capacity":{"cpu":"4"},"conditions":[{"type":"Ready"}]}}""")]
    [InlineData("node", "{}")]
    [InlineData("images", """[{"names":["a:1"],"sizeBytes":5}]""")]
    [InlineData("images", "[]")]
    [InlineData("budgets", """{"seconds":86400,"items":[{"way":"sent","feature":"session","bytes":5}]}""")]
    [InlineData("budgets", "{}")]
    [InlineData("devices/gpu", """{"devices":[{"uuid":"GPU-a"}],"later":1}""")]
    [InlineData("devices/gpu", "{}")]
    public void A_report_of_the_right_form_is_read(string key, string text)
    {
        var (report, problem) = Read(key, text);
        Assert.NotNull(report);
        Assert.Equal("", problem);
    }

    [Theory]
    [InlineData("pods/u", "")]
    [InlineData("pods/u", "{")]
    [InlineData("pods/u", "null")]
    [InlineData("pods/u", "[]")]
    [InlineData("pods/u", """{"metadata":"web"}""")]
    [InlineData("pods/u", """{"removed":"yes"}""")]
    [InlineData("pods/u", """{"status":{"phase":5}}""")]
    [InlineData("pods/u", """{"status":{"conditions":["Ready"]}}""")]
    [InlineData("pods/u", """{"status":{"conditions":[null]}}""")]
    [InlineData("pods/u", """{"status":{},"status":{}}""")]
    [InlineData("node", """{"labels":{"a":1}}""")]
    [InlineData("node", """{"status":{"allocatable":{"cpu":"much"}}}""")]
    [InlineData("node", """{"status":{"images":[null]}}""")]
    [InlineData("images", "{}")]
    [InlineData("images", """["a:1"]""")]
    [InlineData("images", """[{"names":"a:1"}]""")]
    [InlineData("pods/u", """{"metadata":{"creationTimestamp":"yesterday"}}""")]
    [InlineData("pods/u", """{"metadata":{"creationTimestamp":""}}""")]
    [InlineData("pods/u", """{"metadata":{"name":"\ud800"}}""")]
    [InlineData("pods/u", """{"\ud800":1}""")]
    [InlineData("pods/u", """{"status":{"unknown":{"\ud800":1}}}""")]
    [InlineData("pods/u", """{"status":{"unknown":["\ud800"]}}""")]
    [InlineData("node", """{"status":{"unknown":"\udc00"}}""")]
    [InlineData("images", """[{"names":["a:1"],"unknown":"\ud800"}]""")]
    [InlineData("budgets", "[]")]
    [InlineData("budgets", """{"seconds":-1}""")]
    [InlineData("budgets", """{"items":[null]}""")]
    [InlineData("budgets", """{"items":[{"way":"lost","feature":"session","bytes":5}]}""")]
    [InlineData("budgets", """{"items":[{"way":"sent","feature":"session 1","bytes":5}]}""")]
    [InlineData("budgets", """{"items":[{"way":"sent","feature":"","bytes":5}]}""")]
    [InlineData("budgets", """{"items":[{"way":"sent","feature":"session","bytes":-5}]}""")]
    [InlineData("budgets", """{"items":[{"way":"sent","feature":"session","bytes":9223372036854775807}]}""")]
    [InlineData("devices/gpu", "[]")]
    [InlineData("devices/gpu", """{"devices":[null]}""")]
    [InlineData("devices/gpu", """{"devices":[{"uuid":"\ud800"}]}""")]
    [InlineData("devices/gpu", """{"devices":[{"uuid":"a"}],"devices":[]}""")]
    [InlineData("devices/npu", "{}")]
    [InlineData("secrets", "{}")]
    public void A_report_of_the_wrong_form_is_refused(string key, string text)
    {
        var (report, problem) = Read(key, text);
        Assert.Null(report);
        Assert.NotEqual("", problem);
    }

    private static (object? Report, string Problem) Read(string key, string text) =>
        ReportReader.Read(new MapEntry(key, Encoding.UTF8.GetBytes(text)));
}
