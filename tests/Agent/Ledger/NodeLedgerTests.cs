using System.Text;
using Edge.Agent.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Ledger;

public sealed class NodeLedgerTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("edge-ledger-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public void What_was_applied_is_there_after_a_restart()
    {
        using (var ledger = Open())
        {
            ledger.Apply([Entry("pods/a", "one"), Entry("pods/b", "two")], []);
            ledger.Apply([Entry("pods/a", "three")], ["pods/b"]);
        }

        using var again = Open();
        Assert.Equal(["pods/a"], again.Desired.Keys);
        Assert.Equal("three", Encoding.UTF8.GetString(again.Desired["pods/a"]));
    }

    [Fact]
    public void A_secret_is_readable_through_the_ledger_and_not_in_its_files()
    {
        using (var ledger = Open())
        {
            ledger.Apply([Entry("secrets/default/s", "hush-hush-value")], []);
            Assert.Equal("hush-hush-value", Encoding.UTF8.GetString(ledger.Desired["secrets/default/s"]));
        }

        using (var again = Open())
        {
            Assert.Equal("hush-hush-value", Encoding.UTF8.GetString(again.Desired["secrets/default/s"]));
        }

        foreach (var file in Directory.GetFiles(_dir))
        {
            Assert.DoesNotContain("hush-hush-value", Encoding.Latin1.GetString(File.ReadAllBytes(file)));
        }
    }

    [Fact]
    public void A_secret_sealed_under_a_lost_key_is_left_out()
    {
        using (var ledger = Open())
        {
            ledger.Apply([Entry("secrets/default/s", "value"), Entry("pods/a", "kept")], []);
        }

        File.Delete(Path.Combine(_dir, "ledger.key"));
        using var again = Open();
        Assert.Equal(["pods/a"], again.Desired.Keys);
    }

    [Fact]
    public void A_pod_record_survives_and_can_be_forgotten()
    {
        var record = new PodRecord { Uid = "u", Namespace = "default", Name = "p", PodIp = "10.64.0.2" }
            .With("app", new ContainerRecord { Attempt = 3, Started = true, RestartCount = 3 });
        using (var ledger = Open())
        {
            ledger.Save(record);
        }

        using var again = Open();
        Assert.Equal(3, again.Pods["u"].Of("app").Attempt);
        Assert.Equal("10.64.0.2", again.Pods["u"].PodIp);
        again.Forget("u");
        Assert.Empty(again.Pods);
    }

    private NodeLedger Open() => NodeLedger.Open(_dir, NullLogger.Instance);

    private static KeyValuePair<string, byte[]> Entry(string key, string value) =>
        new(key, Encoding.UTF8.GetBytes(value));
}
