using Edge.Agent.Report.Usage;

namespace Edge.Tests.Agent.Report.Usage;

/// <summary>The kernel's files, of both versions of control groups, in a directory of our own.</summary>
public sealed class CgroupReaderTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("edge-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Version_two_counts_microseconds_and_leaves_out_inactive_file_pages()
    {
        Write("cgroup.controllers", "cpu memory\n");
        Write("kubepods/burstable/podu1/c1/cpu.stat", "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n");
        Write("kubepods/burstable/podu1/c1/memory.current", "10000000\n");
        Write("kubepods/burstable/podu1/c1/memory.stat", "anon 5\ninactive_file 4000000\nactive_file 7\n");

        Assert.Equal(new Counters(1_234_567_000, 6_000_000), Reader().Read("u1", "c1"));
    }

    [Fact]
    public void What_all_pods_wrote_is_the_sum_of_the_disks()
    {
        Assert.Null(Reader().BytesWritten());
        Write("cgroup.controllers", "cpu io memory\n");
        Assert.Null(Reader().BytesWritten());
        Write("kubepods/io.stat", "8:0 rbytes=5 wbytes=4096 rios=1 wios=1 dbytes=0 dios=0\n8:16 wbytes=100 rbytes=7\n");
        Assert.Equal(4196, Reader().BytesWritten());
    }

    [Theory]
    [InlineData("cpuacct")]
    [InlineData("cpu,cpuacct")]
    public void Version_one_counts_nanoseconds_in_whichever_hierarchy_they_are(string hierarchy)
    {
        Write($"{hierarchy}/kubepods/besteffort/podu1/c1/cpuacct.usage", "1234567890\n");
        Write("memory/kubepods/besteffort/podu1/c1/memory.usage_in_bytes", "10000000\n");
        Write("memory/kubepods/besteffort/podu1/c1/memory.stat", "inactive_file 1\ntotal_inactive_file 4000000\n");

        Assert.Equal(new Counters(1_234_567_890, 6_000_000), Reader().Read("u1", "c1"));
    }

    [Fact]
    public void A_guaranteed_pod_stands_right_under_the_root()
    {
        Write("cgroup.controllers", "");
        Write("kubepods/podu1/c1/cpu.stat", "usage_usec 1\n");
        Write("kubepods/podu1/c1/memory.current", "2\n");
        Write("kubepods/podu1/c1/memory.stat", "inactive_file 3\n");

        Assert.Equal(new Counters(1000, 0), Reader().Read("u1", "c1"));
    }

    [Fact]
    public void A_container_without_a_group_has_used_nothing_that_could_be_told()
    {
        Write("cgroup.controllers", "");
        Assert.Null(Reader().Read("u1", "c1"));

        // Half of a group is one that is just being removed.
        Write("kubepods/podu1/c1/cpu.stat", "usage_usec 1\n");
        Assert.Null(Reader().Read("u1", "c1"));
    }

    [Fact]
    public void A_machine_has_used_what_is_not_idle_and_not_free()
    {
        Write("stat", "cpu  100 10 200 5000 60 7 8 900 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5\n");
        Write("meminfo", """
            MemTotal:        1000000 kB
            MemFree:          300000 kB
            MemAvailable:     800000 kB
            Inactive(file):   200000 kB

            """);

        Assert.Equal(new Counters(325 * 10_000_000L, 500_000 * 1024L), new MachineReader(_root).Read());
    }

    [Fact]
    public void This_machine_has_used_something()
    {
        var used = new MachineReader("/proc").Read();
        Assert.True(used is { CpuNanoseconds: > 0, MemoryBytes: > 0 }, $"{used}");
    }

    private CgroupReader Reader() => new(_root, "/kubepods");

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
