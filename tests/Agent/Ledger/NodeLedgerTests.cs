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
    public void A_ledger_that_is_open_keeps_no_index_of_its_log_on_disk()
    {
        using var ledger = Open();
        ledger.Apply([Entry("pods/a", "one")], []);

        Assert.Equal(
            ["ledger.db", "ledger.db-wal", "ledger.key"],
            Directory.GetFiles(_dir).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_a_person_applied_is_there_after_a_restart_and_never_in_desired()
    {
        using (var ledger = Open())
        {
            ledger.Apply([Entry("configmaps/default/a", "the server's")], []);
            ledger.ApplyLocal([Entry("secrets/default/s", "hush-hush-value"), Entry("secrets/default/t", "gone")], []);
            ledger.ApplyLocal([], ["secrets/default/t"]);
        }

        using var again = Open();
        Assert.Equal(["configmaps/default/a"], again.Desired.Keys);
        Assert.Equal(["secrets/default/s"], again.Local.Keys);
        Assert.Equal(["configmaps/default/a", "secrets/default/s"], again.Wanted.Entries.Keys.Order());
        Assert.Equal("hush-hush-value", Encoding.UTF8.GetString(again.Local["secrets/default/s"]));
        foreach (var file in Directory.GetFiles(_dir))
        {
            Assert.DoesNotContain("hush-hush-value", Encoding.Latin1.GetString(File.ReadAllBytes(file)));
        }
    }

    [Fact]
    public void What_is_wanted_is_desired_itself_while_there_is_nothing_else()
    {
        using var ledger = Open();
        ledger.Apply([Entry("pods/a", "{}")], []);
        Assert.Same(ledger.Desired, ledger.Wanted.Entries);
    }

    [Fact]
    public void Whoever_cares_hears_when_something_begins_and_ceases_to_give_way()
    {
        using var ledger = Open();
        var heard = 0;
        ledger.GivenWayChanged += () => heard++;
        ledger.ApplyLocal([Entry("configmaps/default/a", "mine")], []);
        Assert.Equal(0, heard);
        ledger.Apply([Entry("configmaps/default/a", "the server's")], []);
        Assert.Equal(1, heard);
        ledger.Apply([Entry("configmaps/default/a", "the server's next")], []);
        Assert.Equal(1, heard);
        ledger.Apply([], ["configmaps/default/a"]);
        Assert.Equal(2, heard);
    }

    [Fact]
    public void Bytes_are_counted_when_they_are_written_and_an_equal_value_writes_none()
    {
        using var ledger = Open();
        var before = ledger.BytesWritten;
        ledger.Apply([Entry("pods/a", new string('x', 20_000))], []);
        var once = ledger.BytesWritten;
        Assert.InRange(once - before, 20_000, 80_000);
        ledger.Apply([Entry("pods/a", new string('x', 20_000))], []);
        Assert.Equal(once, ledger.BytesWritten);
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
