using System.Security.Cryptography;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>Being in a container from far away, by the real kubectl of each way to do it.</summary>
[Collection(FleetTests.Name)]
public sealed class StreamTests(Fleet fleet)
{
    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.30")]
    [InlineData("1.32")]
    [InlineData("1.33")]
    public async Task Commands_run_with_input_outputs_exit_codes_and_terminals(string version)
    {
        var kubectl = Use(version);
        var pod = $"exec-{version.Replace('.', '-')}";
        await kubectl.Apply(Manifests.Idle(pod));
        await kubectl.UntilPodReady(pod);

        var both = await kubectl.Try("exec", pod, "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        Assert.Equal((3, "out\n"), (both.ExitCode, both.Output));
        Assert.StartsWith("err\n", both.Error);
        Assert.Contains("command terminated with exit code 3", both.Error);
        Assert.Equal(
            "hello\nthere", await kubectl.DoWith("hello\nthere\n", "exec", "-i", pod, "-c", "main", "--", "cat"));
        var typed = await kubectl.TryInTerminal("tty; exit 4\n", "exec", "-it", pod, "--", "sh");
        Assert.Equal(4, typed.ExitCode);
        Assert.Contains("/dev/pts/0", typed.Output);

        var none = await kubectl.Try("exec", pod, "--", "no-such-thing");
        Assert.Contains("no-such-thing", none.Failed());
        var other = await kubectl.Try("exec", pod, "-c", "other", "--", "true");
        Assert.Contains($"container other is not valid for pod {pod}", other.Failed());
        await kubectl.Delete("pod", pod);
    }

    [SkippableTheory]
    [InlineData("1.28")]
    [InlineData("1.33")]
    public async Task Files_are_copied_both_ways_whole(string version)
    {
        var kubectl = Use(version);
        var pod = $"cp-{version.Replace('.', '-')}";
        await kubectl.Apply(Manifests.Idle(pod));
        await kubectl.UntilPodReady(pod);
        var bytes = new byte[6 * 1024 * 1024];
        new Random(5).NextBytes(bytes);
        var (there, back) = (Path.Combine(fleet.Home, $"{pod}.bin"), Path.Combine(fleet.Home, $"{pod}.back"));
        await File.WriteAllBytesAsync(there, bytes);

        await kubectl.Do("cp", there, $"{pod}:/tmp/file");
        await kubectl.Do("cp", $"{pod}:/tmp/file", back);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(
            SHA256.HashData(await File.ReadAllBytesAsync(back))));
        await kubectl.Delete("pod", pod);
    }

    private Kubectl Use(string version)
    {
        Fleet.Require();
        Skip.If(Kubectl.Locate(version) is null, $"kubectl {version} is not on this machine");
        return new Kubectl(fleet, version);
    }
}
