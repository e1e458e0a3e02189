using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Edge.Tests.Support.Containers;

/// <summary>
/// A small OCI image made in memory from busybox-static: blobs by digest, and the manifest (or index) on top. The same
/// arguments give the same digests.
/// </summary>
public sealed class TinyImage
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";
    private const string OciLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
    private const string OciConfig = "application/vnd.oci.image.config.v1+json";

    private readonly Dictionary<string, byte[]> _blobs = [];

    private TinyImage()
    {
    }

    public IReadOnlyDictionary<string, byte[]> Blobs => _blobs;

    /// <summary>What a tag points to.</summary>
    public string TopDigest { get; private set; } = "";

    public string TopMediaType { get; private set; } = OciManifest;

    public IReadOnlyList<string> LayerDigests { get; private set; } = [];

    public static string OwnArchitecture => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>
    /// Busybox with links for the named applets, and <paramref name="ballastBytes"/> of noise as 2nd layer.
    /// </summary>
    public static TinyImage Busybox(
        string[]? cmd = null, string[]? env = null, string user = "", string? architecture = null,
        int ballastBytes = 0, string workingDir = "", bool index = false)
    {
        var image = new TinyImage();
        var layers = new List<(byte[] Gzip, string DiffId)> { Layer(BusyboxFiles()) };
        if (ballastBytes > 0)
        {
            var noise = new byte[ballastBytes];
            new Random(ballastBytes).NextBytes(noise);
            layers.Add(Layer(tar => File(tar, "ballast", noise, executable: false)));
        }

        var arch = architecture ?? OwnArchitecture;
        image.Assemble(layers, Config(arch, cmd ?? ["/bin/sh"], env ?? [], user, workingDir, layers));
        if (index)
        {
            image.WrapInIndex(arch);
        }

        return image;
    }

    public static string Digest(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private void Assemble(List<(byte[] Gzip, string DiffId)> layers, byte[] config)
    {
        LayerDigests = layers.Select(layer => Add(layer.Gzip)).ToList();
        var entries = layers.Select(layer => Descriptor(OciLayer, layer.Gzip));
        var manifest = $$"""
            {"schemaVersion":2,"mediaType":"{{OciManifest}}","config":{{Descriptor(OciConfig, config)}},
            "layers":[{{string.Join(",", entries)}}]}
            """;
        Add(config);
        TopDigest = Add(Encoding.UTF8.GetBytes(manifest));
    }

    private void WrapInIndex(string architecture)
    {
        var entry = Descriptor(OciManifest, _blobs[TopDigest])[..^1]
            + $$$""","platform":{"os":"linux","architecture":"{{{architecture}}}"}}""";
        var attestation = Descriptor(OciManifest, [1, 2, 3])[..^1]
            + ""","platform":{"os":"unknown","architecture":"unknown"}}""";
        TopMediaType = OciIndex;
        TopDigest = Add(Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{OciIndex}}","manifests":[{{attestation}},{{entry}}]}"""));
    }

    private string Add(byte[] bytes)
    {
        var digest = Digest(bytes);
        _blobs[digest] = bytes;
        return digest;
    }

    private static byte[] Config(
        string architecture, string[] cmd, string[] env, string user, string workingDir,
        List<(byte[] Gzip, string DiffId)> layers)
    {
        var diffIds = string.Join(",", layers.Select(layer => $"\"{layer.DiffId}\""));
        var process = $$"""
            {"Cmd":{{JsonSerializer.Serialize(cmd)}},"Env":{{JsonSerializer.Serialize(env)}},
            "User":"{{user}}","WorkingDir":"{{workingDir}}"}
            """;
        return Encoding.UTF8.GetBytes($$$"""
            {"architecture":"{{{architecture}}}","os":"linux","config":{{{process}}},
            "rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}
            """);
    }

    private static string Descriptor(string type, byte[] bytes) =>
        $$"""{"mediaType":"{{type}}","digest":"{{Digest(bytes)}}","size":{{bytes.Length}}}""";

    private static Action<TarWriter> BusyboxFiles() => tar =>
    {
        string[] applets =
        [
            "sh", "sleep", "echo", "cat", "id", "env", "true", "false", "dd", "ls", "hostname", "head", "seq", "stat",
            "httpd", "wget", "nc", "touch", "yes", "kill",
        ];
        foreach (var directory in new[] { "bin", "etc", "tmp", "proc", "sys", "dev", "root" })
        {
            var mode = directory == "tmp" ? (UnixFileMode)0x3FF : (UnixFileMode)0x1ED;
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, directory + "/")
            {
                Mode = mode,
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }

        File(tar, "bin/busybox", System.IO.File.ReadAllBytes("/bin/busybox"), executable: true);
        foreach (var applet in applets)
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}")
            {
                LinkName = "busybox",
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }

        File(tar, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nmove:x:1500:1600::/tmp:/bin/sh\n"u8.ToArray(), false);
        File(tar, "etc/group", "root:x:0:\nmove:x:1600:\nextra:x:1700:move\n"u8.ToArray(), false);
    };

    private static void File(TarWriter tar, string name, byte[] bytes, bool executable) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(bytes),
            Mode = executable ? (UnixFileMode)0x1ED : (UnixFileMode)0x1A4,
            ModificationTime = DateTimeOffset.UnixEpoch,
        });

    private static (byte[] Gzip, string DiffId) Layer(Action<TarWriter> write)
    {
        using var plain = new MemoryStream();
        using (var tar = new TarWriter(plain, TarEntryFormat.Pax, leaveOpen: true))
        {
            write(tar);
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(plain.ToArray());
        }

        return (packed.ToArray(), Digest(plain.ToArray()));
    }
}
