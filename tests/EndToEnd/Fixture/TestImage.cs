using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// A small OCI image made of busybox alone, written straight into the directory of a docker-registry.
/// </summary>
public sealed record TestImage(string Name)
{
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string Config = "application/vnd.oci.image.config.v1+json";
    private const string Layer = "application/vnd.oci.image.layer.v1.tar+gzip";

    public string Architecture { get; init; } =
        RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    public IReadOnlyList<string> Command { get; init; } = ["sleep", "1000000"];

    /// <summary>The layer's bytes in the registry are others than its digest says.</summary>
    public bool Corrupt { get; init; }

    /// <summary>Puts the image under tag 1; the registry reads its directory at every request.</summary>
    public void Write(string registryDir)
    {
        var store = Path.Combine(registryDir, "docker", "registry", "v2");
        var tar = MakeTar();
        var layer = Compress(tar);
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = Architecture,
            os = "linux",
            config = new { Env = new[] { "PATH=/bin" }, Cmd = Command, WorkingDir = "/" },
            rootfs = new { type = "layers", diff_ids = new[] { Digest(tar) } },
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = Manifest,
            config = new { mediaType = Config, digest = Digest(config), size = config.Length },
            layers = new[] { new { mediaType = Layer, digest = Digest(layer), size = layer.Length } },
        });

        var repository = Path.Combine(store, "repositories", Name);
        foreach (var blob in (byte[][])[config, layer])
        {
            Link(Path.Combine(repository, "_layers", "sha256", Hex(blob)), blob);
        }

        var manifests = Path.Combine(repository, "_manifests");
        Link(Path.Combine(manifests, "revisions", "sha256", Hex(manifest)), manifest);
        Link(Path.Combine(manifests, "tags", "1", "current"), manifest);
        Link(Path.Combine(manifests, "tags", "1", "index", "sha256", Hex(manifest)), manifest);
        WriteBlob(store, config, config);
        WriteBlob(store, manifest, manifest);
        WriteBlob(store, layer, Corrupt ? Spoil(layer) : layer);
    }

    private byte[] MakeTar()
    {
        using var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var directory in (string[])["bin/", "etc/", "tmp/", "www/"])
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, directory) { Mode = (UnixFileMode)0x1ED });
            }

            using var busybox = File.OpenRead("/bin/busybox");
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox")
            {
                Mode = (UnixFileMode)0x1ED, DataStream = busybox,
            });
            foreach (var applet in (string[])
                ["sh", "httpd", "sleep", "cat", "echo", "ls", "wget", "date", "hostname", "tar", "test", "stty", "tty"])
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" });
            }

            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "www/busybox") { LinkName = "/bin/busybox" });
            // Each image has a layer of its own, so that one can be spoilt and the others not.
            using var label = new MemoryStream(Encoding.UTF8.GetBytes(Name));
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "etc/image")
            {
                Mode = (UnixFileMode)0x1A4, DataStream = label,
            });
            using var page = new MemoryStream("Edge runs.\n"u8.ToArray());
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "www/index.html")
            {
                Mode = (UnixFileMode)0x1A4, DataStream = page,
            });
        }

        return buffer.ToArray();
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return buffer.ToArray();
    }

    private static byte[] Spoil(byte[] bytes)
    {
        var spoilt = (byte[])bytes.Clone();
        spoilt[^10] ^= 0xFF;
        return spoilt;
    }

    private static void Link(string directory, byte[] blob)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "link"), Digest(blob));
    }

    private static void WriteBlob(string store, byte[] named, byte[] content)
    {
        var hex = Hex(named);
        var directory = Directory.CreateDirectory(Path.Combine(store, "blobs", "sha256", hex[..2], hex)).FullName;
        File.WriteAllBytes(Path.Combine(directory, "data"), content);
    }

    private static string Digest(byte[] bytes) => $"sha256:{Hex(bytes)}";

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
