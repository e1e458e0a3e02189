using Edge.Agent.Runtime.Images;
using Edge.Tests.Support.Containers;

namespace Edge.Tests.Agent.Runtime;

public sealed class ImagePullTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [SkippableFact]
    public async Task A_layer_that_was_cut_resumes_where_it_stopped_also_in_a_new_agent_after_containerd_died()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("resume");
        var image = TinyImage.Busybox(ballastBytes: 4_000_000);
        var ballast = image.LayerDigests[1];
        var reference = bench.Registry.Add(image, "big", "v1");
        (bench.Registry.CutAfter[ballast], bench.Registry.CutsThenRefuses) = (1_200_000, true);
        Assert.IsType<PullOutcome.Failed>(
            await bench.Runtime.PullImage(new PullRequest(reference, []), null, None));

        await bench.Daemon.Kill();
        await bench.Daemon.Run();
        await bench.RestartAgent();
        bench.Registry.CutAfter.Clear();
        bench.Registry.Requests.Clear();
        var second = await bench.Runtime.PullImage(new PullRequest(reference, []), null, None);

        Assert.IsType<PullOutcome.Pulled>(second);
        var request = Assert.Single(bench.Registry.Requests, r => r.Contains(ballast, StringComparison.Ordinal));
        Assert.Contains("bytes=", request, StringComparison.Ordinal);
        Assert.DoesNotContain(
            bench.Registry.Requests, r => r.Contains(image.LayerDigests[0], StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_layer_with_other_bytes_fails_the_pull_and_a_right_one_later_succeeds()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("digest");
        var image = TinyImage.Busybox(ballastBytes: 1_000_000);
        var ballast = image.LayerDigests[1];
        var reference = bench.Registry.Add(image, "big", "v1");
        var wrong = (byte[])image.Blobs[ballast].Clone();
        wrong[5000] ^= 1;
        bench.Registry.Instead[ballast] = wrong;

        var failed = Assert.IsType<PullOutcome.Failed>(
            await bench.Runtime.PullImage(new PullRequest(reference, []), null, None));

        Assert.Contains("unexpected commit digest", failed.Message, StringComparison.Ordinal);
        Assert.Null(await bench.Runtime.FindImage(reference, None));
        bench.Registry.Instead.Clear();
        Assert.IsType<PullOutcome.Pulled>(
            await bench.Runtime.PullImage(new PullRequest(reference, []), null, None));
    }

    [SkippableFact]
    public async Task Failures_are_worded_as_kubelet_shows_them()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("words");
        var arm = bench.Registry.Add(TinyImage.Busybox(architecture: "mips"), "mips", "v1");
        var armIndex = bench.Registry.Add(TinyImage.Busybox(architecture: "mips", index: true), "mipsindex", "v1");

        foreach (var reference in new[] { arm, armIndex })
        {
            var platform = await Fail(bench, reference);
            Assert.Equal(
                $"failed to pull and unpack image \"{reference}\": no match for platform in manifest: not found",
                platform.Message);
        }

        var absent = await Fail(bench, $"{bench.Registry.Host}/none:v1");
        Assert.Equal(PullFailure.ErrImagePull, absent.Reason);
        Assert.EndsWith($"{bench.Registry.Host}/none:v1: not found", absent.Message, StringComparison.Ordinal);
        Assert.Equal(PullFailure.InvalidImageName, (await Fail(bench, "Not A Name")).Reason);
        var closed = await Fail(bench, "127.0.0.1:1/x:v1");
        Assert.Contains("Connection refused", closed.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Credentials_answer_the_challenge_and_do_not_follow_a_redirect(bool bearer)
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("auth");
        using var store = new FakeRegistry();
        var image = TinyImage.Busybox();
        store.Add(image, "private", "v1");
        var reference = bench.Registry.Add(image, "private", "v1");
        (bench.Registry.Credentials, bench.Registry.Bearer) = ("me:secret", bearer);
        bench.Registry.RedirectBlobsTo = store.Host;
        bench.Registry.TooManyRequests = 1;
        var config = "{\"auths\":{\"" + bench.Registry.Host + "\":{\"auth\":\"bWU6c2VjcmV0\"}}}";
        var credentials = DockerConfig.Parse(System.Text.Encoding.UTF8.GetBytes(config));

        var refused = await Fail(bench, reference);
        Assert.Contains(
            bearer ? "failed to authorize" : "authorization failed", refused.Message, StringComparison.Ordinal);
        var outcome = await bench.Runtime.PullImage(new PullRequest(reference, credentials), null, None);

        Assert.IsType<PullOutcome.Pulled>(outcome);
        Assert.NotEmpty(store.Requests);
        Assert.DoesNotContain(store.Requests, r => r.EndsWith("Basic", StringComparison.Ordinal));
        Assert.DoesNotContain(store.Requests, r => r.EndsWith("Bearer", StringComparison.Ordinal));
    }

    /// <summary>A power cut may leave a blob under its name without its bytes.</summary>
    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_whose_config_is_damaged_is_pulled_again(bool lookedFor)
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("damage");
        var request = new PullRequest(bench.Registry.Add(TinyImage.Busybox(), "tiny", "v1"), []);
        var pulled = Assert.IsType<PullOutcome.Pulled>(await bench.Runtime.PullImage(request, null, None));
        var blob = Path.Combine(
            bench.Daemon.Directory, "root", "io.containerd.content.v1.content", "blobs",
            pulled.Image.ConfigDigest.Replace(':', '/'));
        await File.WriteAllBytesAsync(blob, new byte[new FileInfo(blob).Length]);

        if (lookedFor)
        {
            Assert.Null(await bench.Runtime.FindImage(request.Reference, None));
        }
        else
        {
            Assert.IsType<PullOutcome.Failed>(await bench.Runtime.PullImage(request, null, None));
        }

        Assert.IsType<PullOutcome.Pulled>(await bench.Runtime.PullImage(request, null, None));
        Assert.Equal(pulled.Image.ConfigDigest, (await bench.Runtime.FindImage(request.Reference, None))?.ConfigDigest);
    }

    /// <summary>The list is asked for each minute; what is under a digest stays as it is.</summary>
    [SkippableFact]
    public async Task A_list_reads_an_image_only_once()
    {
        Skip.IfNot(ContainerdDaemon.Missing is null, ContainerdDaemon.Missing);
        await using var bench = await RuntimeBench.Start("list");
        var image = await bench.Pull(TinyImage.Busybox());
        var first = await bench.Runtime.ListImages(None);
        Assert.Equal(new[] { image.Name, image.RepoDigest }.Order(), first.Select(listed => listed.Name).Order());

        await bench.Daemon.Ctr("content", "rm", image.ConfigDigest);

        Assert.Equal(first, await bench.Runtime.ListImages(None));
        Assert.Null(await bench.Runtime.FindImage(image.Name, None));
        await bench.Runtime.RemoveImage(image.RepoDigest, None);
        Assert.Equal(image.Name, Assert.Single(await bench.Runtime.ListImages(None)).Name);
    }

    private static async Task<PullOutcome.Failed> Fail(RuntimeBench bench, string reference) =>
        Assert.IsType<PullOutcome.Failed>(
            await bench.Runtime.PullImage(new PullRequest(reference, []), null, None));
}
