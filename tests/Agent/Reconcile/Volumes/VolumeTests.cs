using System.Text;
using System.Text.Json;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Volumes;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Reconcile.Volumes;

public sealed class VolumeTests : IDisposable
{
    private static readonly NodeFacts Node = new("n", "192.0.2.1", 1000, 1, 1);

    private readonly string _dir = Directory.CreateTempSubdirectory("edge-volumes-").FullName;

    private string VolumeDir => Path.Combine(_dir, "data", "pods", "u", "volumes", "v");

    public void Dispose() => Directory.Delete(_dir, recursive: true);

    [Fact]
    public void A_ConfigMap_is_files_behind_one_link_that_is_swapped_as_a_whole()
    {
        Write(Settings("one"));
        var first = new FileInfo(Path.Combine(VolumeDir, "..data")).LinkTarget;
        Assert.Equal("one", File.ReadAllText(Path.Combine(VolumeDir, "k")));
        Assert.Equal("..data/k", new FileInfo(Path.Combine(VolumeDir, "k")).LinkTarget);

        Write(Settings("two"));
        Assert.NotEqual(first, new FileInfo(Path.Combine(VolumeDir, "..data")).LinkTarget);
        Assert.Equal("two", File.ReadAllText(Path.Combine(VolumeDir, "k")));
        Assert.False(Directory.Exists(Path.Combine(VolumeDir, first!)));
    }

    [Fact]
    public void A_key_that_is_gone_leaves_no_name_behind()
    {
        Write("""{"data":{"k":"1","old":"2"}}""");
        Write(Settings("1"));
        Assert.Equal(["k"], Names());
    }

    [Fact]
    public void The_same_content_is_not_written_again()
    {
        Write(Settings("one"));
        var made = File.GetLastWriteTimeUtc(Path.Combine(VolumeDir, "k"));
        Write(Settings("one"));
        Assert.Equal(made, File.GetLastWriteTimeUtc(Path.Combine(VolumeDir, "k")));
    }

    [Fact]
    public void A_half_written_directory_of_a_crash_is_written_anew()
    {
        Write(Settings("one"));
        var done = new FileInfo(Path.Combine(VolumeDir, "..data")).LinkTarget!;
        File.Delete(Path.Combine(VolumeDir, "..data"));
        File.Delete(Path.Combine(VolumeDir, done, "k"));
        Write(Settings("one"));
        Assert.Equal("one", File.ReadAllText(Path.Combine(VolumeDir, "k")));
    }

    /// <summary>The link may be on the disk before the bytes that it leads to.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0")]
    public void Files_that_a_power_cut_emptied_are_written_anew(string left)
    {
        Write(Settings("one"));
        File.WriteAllText(Path.Combine(VolumeDir, "k"), left);
        Write(Settings("one"));
        Assert.Equal("one", File.ReadAllText(Path.Combine(VolumeDir, "k")));
    }

    [Fact]
    public void A_crash_right_after_the_swap_leaves_no_name_missing()
    {
        Write(Settings("one"));
        File.Delete(Path.Combine(VolumeDir, "k"));
        Write(Settings("one"));
        Assert.Equal("one", File.ReadAllText(Path.Combine(VolumeDir, "k")));
    }

    [Fact]
    public void Items_choose_keys_paths_and_modes()
    {
        var pod = Pod("""
            {"name":"v","configMap":{"name":"settings","defaultMode":256,
             "items":[{"key":"k","path":"sub/file"},{"key":"k","path":"run","mode":320}]}}
            """);
        Write(pod, Objects(Settings("one")));
        Assert.Equal(
            UnixFileMode.UserRead, File.GetUnixFileMode(Path.Combine(VolumeDir, "..data", "sub", "file")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.Combine(VolumeDir, "..data", "run")));
        Assert.Equal(["run", "sub"], Names());
    }

    [Fact]
    public void A_secret_is_kept_in_memory_with_its_mode()
    {
        var pod = Pod("""{"name":"v","secret":{"secretName":"login","defaultMode":256}}""");
        var volume = Assert.Single(VolumePlan.For(pod, Objects(Settings("")), Node).Volumes);
        Assert.True(volume.InMemory);
        var file = Assert.Single(volume.Files);
        Assert.Equal(("user", "root", 256), (file.Path, Encoding.UTF8.GetString(file.Content), file.Mode));
    }

    [Theory]
    [InlineData("""{"name":"v","configMap":{"name":"none"}}""", "configmap \"none\" not found")]
    [InlineData("""{"name":"v","secret":{"secretName":"none"}}""", "secret \"none\" not found")]
    [InlineData(
        """{"name":"v","configMap":{"name":"settings","items":[{"key":"x","path":"x"}]}}""",
        "configmap references non-existent config key: x")]
    [InlineData(
        """{"name":"v","secret":{"secretName":"login","items":[{"key":"x","path":"x"}]}}""",
        "references non-existent secret key: x")]
    public void What_is_missing_is_named_as_Kubernetes_names_it(string volume, string message)
    {
        var thrown = Assert.Throws<MissingReferenceException>(
            () => VolumePlan.For(Pod(volume), Objects(Settings("")), Node));
        Assert.Equal($"MountVolume.SetUp failed for volume \"v\" : {message}", thrown.Message);
    }

    [Fact]
    public void An_optional_source_that_is_missing_is_an_empty_volume()
    {
        var pod = Pod("""{"name":"v","configMap":{"name":"none","optional":true}}""");
        Assert.Empty(Assert.Single(VolumePlan.For(pod, Objects(Settings("")), Node).Volumes).Files);
    }

    [Fact]
    public void A_path_out_of_the_volume_is_refused()
    {
        var pod = Pod("""{"name":"v","configMap":{"name":"settings","items":[{"key":"k","path":"../../out"}]}}""");
        Assert.Throws<VolumeException>(() => Write(pod, Objects(Settings("one"))));
    }

    [Fact]
    public void A_subPath_of_a_projected_volume_is_the_file_itself_and_not_a_link_that_moves()
    {
        var pod = Pod(
            """{"name":"v","configMap":{"name":"settings"}}""",
            """[{"name":"v","mountPath":"/etc/k","subPath":"k"}]""");
        Write(pod, Objects(Settings("one")));
        var mount = Assert.Single(Volumes().MountsOf(pod, pod.Spec.Containers[0], []));
        Assert.Equal("one", File.ReadAllText(mount.HostPath));
        Assert.DoesNotContain("..data", mount.HostPath, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subPath_of_an_emptyDir_is_made_and_expanded()
    {
        var pod = Pod(
            """{"name":"v","emptyDir":{}}""",
            """[{"name":"v","mountPath":"/data","subPathExpr":"for-$(WHO)"}]""");
        Write(pod, Objects(Settings("")));
        var mount = Assert.Single(
            Volumes().MountsOf(pod, pod.Spec.Containers[0], [new("WHO", "me", Expand: false)]));
        Assert.True(Directory.Exists(Path.Combine(VolumeDir, "for-me")));
        Assert.Equal(Path.Combine(VolumeDir, "for-me"), Path.GetFullPath(mount.HostPath));
    }

    /// <summary>What an expression becomes is known only here, so only here can it be refused.</summary>
    [Theory]
    [InlineData("""{"name":"v","configMap":{"name":"settings"}}""", "/", "must not be an absolute path")]
    [InlineData("""{"name":"v","configMap":{"name":"settings"}}""", "../../../..", "must not contain '..'")]
    [InlineData("""{"name":"v","emptyDir":{}}""", "/etc", "must not be an absolute path")]
    [InlineData("""{"name":"v","emptyDir":{}}""", "a/../../b", "must not contain '..'")]
    public void A_subPathExpr_that_leads_out_of_its_volume_is_refused(string volume, string value, string message)
    {
        var pod = Pod(volume, """[{"name":"v","mountPath":"/host","subPathExpr":"$(WHERE)"}]""");
        Write(pod, Objects(Settings("one")));
        var thrown = Assert.Throws<VolumeException>(
            () => Volumes().MountsOf(pod, pod.Spec.Containers[0], [new("WHERE", value, Expand: false)]));
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    private static string Settings(string value) => $$$"""{"data":{"k":"{{{value}}}"}}""";

    private static ObjectSource Objects(string settings) => new(new Dictionary<string, byte[]>
    {
        ["configmaps/default/settings"] = Encoding.UTF8.GetBytes(settings),
        ["secrets/default/login"] = Encoding.UTF8.GetBytes("""{"data":{"user":"cm9vdA=="}}"""),
    });

    private static Pod Pod(string volume, string mounts = "[]") => JsonSerializer.Deserialize(
        """{"metadata":{"uid":"u","namespace":"default"},"spec":{"volumes":[""" + volume
            + """],"containers":[{"name":"c","volumeMounts":""" + mounts + "}]}}",
        ModelJson.Default.Pod)!;

    private PodVolumes Volumes() => new(Path.Combine(_dir, "data"), Path.Combine(_dir, "run"));

    private void Write(string settings) =>
        Write(Pod("""{"name":"v","configMap":{"name":"settings"}}"""), Objects(settings));

    private void Write(Pod pod, ObjectSource objects) =>
        Volumes().Write(pod, VolumePlan.For(pod, objects, Node).Volumes);

    private string[] Names() => Directory.GetFileSystemEntries(VolumeDir)
        .Select(path => Path.GetFileName(path)!).Where(name => !name.StartsWith("..", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal).ToArray();
}
