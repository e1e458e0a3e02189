using Edge.Agent.Devices.Sharing;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Devices;

/// <summary>Which document is in force, and what the Node says of it.</summary>
public sealed class GpuSharingTests : IDisposable
{
    private const string Where = "ConfigMap gpu-operator/time-slicing-config, key any";

    private readonly string _folder = Directory.CreateTempSubdirectory("edge-sharing-").FullName;
    private readonly List<string> _said = [];
    private readonly List<GpuInventory> _seen = [];
    private readonly string _file;
    private GpuInventory _found = new() { Devices = [new GpuDevice { Uuid = "GPU-0" }] };
    private NodeSettings _settings = new();

    public GpuSharingTests() => _file = Path.Combine(_folder, "sharing.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_a_document_the_GPUs_are_as_they_were_found()
    {
        var sharing = Open();
        Assert.Same(_found, sharing.Gpus);
        Assert.Null(sharing.Condition);
        Assert.Empty(_said);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void The_servers_document_goes_before_the_file_and_the_file_is_there_again_after_it()
    {
        File.WriteAllText(_file, Document(2));
        var sharing = Open();
        Assert.Equal(2, Shares(sharing));
        Order(Document(4));
        Assert.Equal(4, Shares(sharing));
        Assert.Equal((false, "InForce", $"{Where} is in force"), sharing.Condition);
        _settings = new NodeSettings();
        Assert.Equal(2, Shares(sharing));
        File.Delete(_file);
        Assert.Equal(1, Shares(sharing));
        Assert.Null(sharing.Condition);
        Assert.Equal(
            [
                $"False GPUSharing {_file} is in force", $"False GPUSharing {Where} is in force",
                $"False GPUSharing {_file} is in force",
                "False GPUSharingEnded no document says any more how GPUs are shared",
            ],
            _said);
        Assert.Equal([2, 4, 2, 1], _seen.Select(gpus => gpus.Offers[0].Shares));
    }

    [Fact]
    public void A_file_that_changes_is_read_again()
    {
        File.WriteAllText(_file, Document(2));
        var sharing = Open();
        Assert.Same(sharing.Gpus, sharing.Gpus);
        File.WriteAllText(_file, Document(16));
        Assert.Equal(16, Shares(sharing));
    }

    [Fact]
    public void A_document_that_is_refused_leaves_the_one_before_in_force_over_restarts_too()
    {
        Order(Document(4));
        Assert.Equal(4, Shares(Open()));
        _said.Clear();

        Order("version: v2");
        var sharing = Open();
        Assert.Equal(4, Shares(sharing));
        var message = $"{Where}: unknown version: v2; the document before stays in force";
        Assert.Equal((true, "InvalidDocument", message), sharing.Condition);
        Assert.Equal([$"True GPUSharingRefused {message}"], _said);

        Order(Document(4));
        Assert.Equal((false, "InForce", $"{Where} is in force"), Look(sharing));
        Assert.Equal($"False GPUSharing {Where} is in force", _said[^1]);
    }

    [Fact]
    public void A_restart_says_nothing_anew()
    {
        Order(Document(4));
        Shares(Open());
        _said.Clear();
        Assert.Equal(4, Shares(Open()));
        Assert.Empty(_said);
    }

    [Fact]
    public void A_document_that_nobody_has_any_more_is_not_remembered()
    {
        Order(Document(4));
        Shares(Open());
        _settings = new NodeSettings();
        Assert.Equal(1, Shares(Open()));
        Order("version: v2");
        var sharing = Open();
        Assert.Equal(1, Shares(sharing));
        Assert.Equal(
            (true, "InvalidDocument", $"{Where}: unknown version: v2; nothing is shared"), sharing.Condition);
    }

    [Fact]
    public void A_document_that_the_server_could_not_find_is_said_too()
    {
        _settings = new NodeSettings { GpuSharingFrom = "key t4", GpuSharingFault = "no ConfigMap has it" };
        var sharing = Open();
        Assert.Equal(
            (true, "InvalidDocument", "key t4: no ConfigMap has it; nothing is shared"), Look(sharing));
    }

    [Fact]
    public void What_these_GPUs_cannot_do_is_said()
    {
        _found = new GpuInventory
        {
            Devices =
            [
                new GpuDevice { Uuid = "GPU-0", MigEnabled = true },
                new GpuDevice { Uuid = "GPU-1", Index = 1 },
            ],
        };
        Order("flags: {migStrategy: single}");
        var sharing = Open();
        Assert.Equal(
            (true, "NotWithTheseGPUs", $"{Where}: migStrategy single cannot be: at least one GPU is partitioned and "
                + "has no parts; parts are given by their profiles, as with mixed"),
            Look(sharing));
    }

    [Fact]
    public void A_node_without_GPUs_reads_nothing()
    {
        _found = GpuInventory.None;
        File.WriteAllText(_file, "nonsense");
        var sharing = Open();
        Assert.Same(_found, sharing.Gpus);
        Assert.Null(sharing.Condition);
        Assert.Empty(_said);
    }

    private GpuSharing Open() => new(
        () => _found, () => _settings, _file, Path.Combine(_folder, "kept"), NullLogger.Instance)
    {
        Changed = _seen.Add,
        Say = (warning, reason, message) => _said.Add($"{warning} {reason} {message}"),
    };

    private void Order(string document) =>
        _settings = new NodeSettings { GpuSharing = document, GpuSharingFrom = Where };

    private static string Document(int replicas) =>
        $"sharing: {{timeSlicing: {{resources: [{{name: nvidia.com/gpu, replicas: {replicas}}}]}}}}";

    private static int Shares(GpuSharing sharing) => sharing.Gpus.Offers[0].Shares;

    private static (bool Wrong, string Reason, string Message)? Look(GpuSharing sharing)
    {
        sharing.Look();
        return sharing.Condition;
    }
}
