using Edge.Agent.Reconcile;

namespace Edge.Tests.Agent.Reconcile;

public sealed class SandboxFilesTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("edge-resolv-").FullName;

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Theory]
    [InlineData("nameserver 127.0.0.53\noptions edns0\n", true, "behind")]
    [InlineData("nameserver 127.0.0.53\nnameserver ::1\n", true, "behind")]
    [InlineData("nameserver 127.0.0.53\n", false, "node")]
    [InlineData("nameserver 127.0.0.1\nnameserver 192.0.2.1\n", true, "node")]
    [InlineData("search example\n", true, "node")]
    public void A_stub_that_a_pod_cannot_reach_is_looked_behind(string text, bool behindIsThere, string chosen)
    {
        var (node, behind) = (Path.Combine(_dir, "node"), Path.Combine(_dir, "behind"));
        File.WriteAllText(node, text);
        if (behindIsThere)
        {
            File.WriteAllText(behind, "nameserver 192.0.2.1\n");
        }

        Assert.Equal(chosen, Path.GetFileName(SandboxFiles.Resolver(node, behind)));
    }
}
