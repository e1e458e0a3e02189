using Edge.Agent.Runtime.Images;

namespace Edge.Tests.Agent.Runtime;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("busybox:1", "docker.io/library/busybox:1")]
    [InlineData("me/app", "docker.io/me/app:latest")]
    [InlineData("index.docker.io/busybox", "docker.io/library/busybox:latest")]
    [InlineData("localhost/app", "localhost/app:latest")]
    [InlineData("localhost:5000/a/b:v1", "localhost:5000/a/b:v1")]
    [InlineData("10.0.0.1:5000/app", "10.0.0.1:5000/app:latest")]
    [InlineData("ghcr.io/x/y:v1@" + Digest, "ghcr.io/x/y@" + Digest)]
    [InlineData("busybox@" + Digest, "docker.io/library/busybox@" + Digest)]
    public void Short_names_get_the_defaults(string text, string name) =>
        Assert.Equal(name, ImageReference.Parse(text, out _)?.Name);

    [Theory]
    [InlineData("")]
    [InlineData(":v1")]
    [InlineData("a b")]
    [InlineData("app:")]
    [InlineData("app@sha256:12")]
    [InlineData("-host/app")]
    [InlineData("app\n")]
    [InlineData("a//b")]
    [InlineData("../etc")]
    public void What_is_no_name_is_refused(string text)
    {
        Assert.Null(ImageReference.Parse(text, out var error));
        Assert.StartsWith("invalid reference format", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Capitals_in_the_repository_are_named()
    {
        Assert.Null(ImageReference.Parse("me/App", out var error));
        Assert.Equal("invalid reference format: repository name must be lowercase", error);
    }

    [Theory]
    [InlineData("localhost:5000/a", "http")]
    [InlineData("127.0.0.1:5000/a", "http")]
    [InlineData("10.1.1.1:5000/a", "http")]
    [InlineData("10.1.1.2:5000/a", "https")]
    [InlineData("a", "https")]
    public void Only_loopback_and_named_hosts_are_asked_without_tls(string text, string scheme) => Assert.Equal(
        scheme, RegistryClient.RootOf(ImageReference.Parse(text, out _)!, ["10.1.1.1:5000"]).Scheme);

    [Fact]
    public void Credentials_fit_by_host_and_path_the_longest_first()
    {
        var all = DockerConfig.Parse("""
            {"auths":{"https://index.docker.io/v1/":{"username":"d","password":"p"},
            "ghcr.io":{"auth":"Zzpw"},"ghcr.io/team":{"username":"t","password":"p"},
            "*.example.com":{"username":"s","password":"p"}}}
            """u8);

        Assert.Equal(["d"], Users("busybox"));
        Assert.Equal(["t", "g"], Users("ghcr.io/team/app"));
        Assert.Equal(["g"], Users("ghcr.io/teams/app"));
        Assert.Equal(["s"], Users("eu.example.com/app"));
        Assert.Empty(Users("a.b.example.com/app"));

        IEnumerable<string> Users(string image) =>
            DockerConfig.For(ImageReference.Parse(image, out _)!, all).Select(credential => credential.Username);
    }

    [Fact]
    public void A_challenge_is_read_with_commas_inside_quotes()
    {
        var challenge = AuthChallenge.Parse(
            "Bearer realm=\"https://a/token\",service=\"s\",scope=\"repository:x:pull,push\"");

        Assert.Equal("bearer", challenge.Scheme);
        Assert.Equal("https://a/token", challenge.Parameters["realm"]);
        Assert.Equal("repository:x:pull,push", challenge.Parameters["scope"]);
    }

    [Fact]
    public void The_nearest_arm_variant_is_chosen_and_attestations_never()
    {
        OciDescriptor[] offered =
        [
            Entry("unknown", "unknown", null), Entry("linux", "arm", "v5"), Entry("linux", "arm", "v6"),
            Entry("linux", "amd64", null), Entry("linux", "arm64", "v8"),
        ];

        Assert.Equal("v6", PlatformPlan.Choose(offered, new("linux", "arm", "v7"))?.Platform?.Variant);
        Assert.Equal("v8", PlatformPlan.Choose(offered, new("linux", "arm64", "v8"))?.Platform?.Variant);
        Assert.Null(PlatformPlan.Choose(offered, new("linux", "riscv64")));

        static OciDescriptor Entry(string os, string architecture, string? variant) =>
            new() { Platform = new OciPlatform { Os = os, Architecture = architecture, Variant = variant } };
    }
}
