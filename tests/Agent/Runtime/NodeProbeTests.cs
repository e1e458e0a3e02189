using Edge.Agent.Runtime;

namespace Edge.Tests.Agent.Runtime;

public sealed class NodeProbeTests
{
    [Fact]
    public void The_kernels_files_are_read_though_they_are_shorter_than_they_say()
    {
        const string file = "/sys/kernel/uevent_seqnum";
        Assert.True(new FileInfo(file).Length > File.ReadAllText(file).Length);

        Assert.InRange(NodeProbe.FirstByte(file), '0', '9');
        Assert.Equal(' ', NodeProbe.FirstByte("/sys/kernel/no-such-file"));
    }
}
