using System.Diagnostics;

namespace Edge.Tests.Support.Gpu;

/// <summary>
/// A directory that is a machine with NVIDIA's driver, as far as stub.c goes: its libraries, the fixture that they
/// read, and whatever of /proc and /sys a test puts there.
/// </summary>
public sealed class StubGpus : IDisposable
{
    private static readonly Lazy<string> s_library = new(() => Build());
    private static readonly Lazy<string> s_oldLibrary = new(() => Build("-DOLD_DRIVER"));

    private readonly string _libraries;

    /// <param name="nvml">NVML is installed.</param>
    /// <param name="cuda">CUDA is installed.</param>
    /// <param name="isOld">NVML lacks what came with later drivers.</param>
    public StubGpus(bool nvml = true, bool cuda = true, bool isOld = false)
    {
        Root = Directory.CreateTempSubdirectory("edge-gpus-").FullName;
        _libraries = Directory.CreateDirectory(Path.Combine(Root, "usr", "lib")).FullName;
        var library = isOld ? s_oldLibrary.Value : s_library.Value;
        // Copies, so that each has its own memory in one process.
        if (nvml)
        {
            File.Copy(library, Path.Combine(_libraries, "libnvidia-ml.so.1"));
        }

        if (cuda)
        {
            File.Copy(library, Path.Combine(_libraries, "libcuda.so.1"));
        }
    }

    public string Root { get; }

    public string Fixture
    {
        set => File.WriteAllText(Path.Combine(_libraries, "gpus"), value);
    }

    /// <summary>What a GPU of a kind says of itself; the lines of its own come behind.</summary>
    public static string Gpu(int index, string more = "") => $"""
        gpu {Uuid(index)}
        name NVIDIA H100 80GB HBM3
        minor {index}
        bus 00000000:{(16 * index) + 25:X2}:00.0
        memory 85520809984 612368384 84904247296 4194304
        load 10 5
        temperature {40 + index}
        power 120500
        limit 700000
        energy 123456789
        compute 9 0
        ecc 1 1
        errors 0
        recovery 0
        clocks 1980 2619
        coders 3 7
        replays 2
        memory-temperature 51
        rows 4 1 0
        virtual 0
        mig 0 7
        {more}

        """;

    public static string Uuid(int index) => $"GPU-{index:x8}-1111-2222-3333-444444444444";

    /// <summary>So many of them behind one NVLink switch, on two NUMA nodes.</summary>
    public static string Machine(int count, Func<int, string>? more = null)
    {
        var text = "driver 550.54.15\nnvml 12.550.54.15\ncuda 12040\n";
        for (var index = 0; index < count; index++)
        {
            var lines = new List<string>();
            for (var link = 0; link < 18; link++)
            {
                lines.Add($"link {link} 00000000:{0xA0 + (link % 4):X2}:00.0");
            }

            for (var other = 0; other < count; other++)
            {
                lines.Add($"near {other} {(other == index ? 0 : index / 4 == other / 4 ? 40 : 50)}");
            }

            text += Gpu(index, string.Join('\n', lines) + "\n" + more?.Invoke(index));
        }

        return text;
    }

    /// <summary>The driver says that something happened: a line of stub.c.</summary>
    public void Happen(string line) => File.AppendAllText(Path.Combine(_libraries, "gpus.events"), line + "\n");

    /// <summary>A child that begins now hears nothing of what was before; without it, it would.</summary>
    public void ForgetEvents() => File.Delete(Path.Combine(_libraries, "gpus.events"));

    /// <summary>A file of the kernel's.</summary>
    public void Put(string path, string text)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text + "\n");
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    /// <summary>The native build of the product needs one of them, too.</summary>
    private static string Compiler() =>
        (from name in (string[])["clang", "cc", "gcc"]
         from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault() ?? throw new InvalidOperationException("a C compiler is not installed");

    private static string Build(params string[] options)
    {
        var source = Path.Combine(Repository.Root, "tests", "Support", "Gpu", "stub.c");
        var folder = Directory.CreateTempSubdirectory("edge-gpu-stub-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var library = Path.Combine(folder, "stub.so");
        using var compiler = Process.Start(
            Compiler(), [.. options, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library, source]);
        compiler.WaitForExit();
        return compiler.ExitCode == 0
            ? library
            : throw new InvalidOperationException($"stub.c does not compile: {compiler.ExitCode}");
    }
}
