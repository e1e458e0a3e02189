using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Devices.Cdi;

/// <summary>A file as it lies on the node; a later directory has a higher priority.</summary>
internal sealed record CdiFile(string Path, int Priority, string Text);

/// <summary>
/// The devices that the files of a node name. Of two files the one of higher priority has a device; two of the same
/// priority contradict each other, and nobody has it. A file that is invalid takes away only what it names. Pure.
/// </summary>
internal sealed class CdiCatalog
{
    /// <summary>Below every file: what somebody wrote down is better than what was found.</summary>
    private const int FoundPriority = -1;

    /// <summary>The message goes into an event, which is for a person; the node's log has the rest.</summary>
    private const int FaultsTold = 3;

    private readonly Dictionary<string, Entry> _devices = [];
    private readonly List<string> _faults = [];

    /// <param name="files">In the order of their paths.</param>
    /// <param name="found">Specifications of what the node has, for where no file says it.</param>
    public CdiCatalog(IEnumerable<CdiFile> files, IEnumerable<CdiSpec> found)
    {
        foreach (var spec in found)
        {
            Add(new CdiFile($"what was found of {spec.Kind}", FoundPriority, ""), spec);
            _faults.AddRange(spec.Faults);
        }

        foreach (var file in files)
        {
            try
            {
                Add(file, CdiReader.Read(file.Text));
            }
            catch (CdiException broken)
            {
                _faults.Add($"{file.Path}: {broken.Message}");
            }
        }
    }

    /// <summary>What is wrong with the files, each with its path.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Whether a device can be given.</summary>
    public bool Has(string name) => _devices.TryGetValue(name, out var entry) && entry.Rival is null;

    /// <summary>
    /// What the devices change, in the order they are asked for: a file's own edits once, before those of its first
    /// device.
    /// </summary>
    /// <param name="names">Each <c>vendor/class=device</c>.</param>
    /// <exception cref="CdiException">One of them cannot be resolved; nothing is given then.</exception>
    public ContainerEdits Resolve(IReadOnlyList<string> names)
    {
        var edits = ContainerEdits.None;
        var begun = new HashSet<string>();
        var unresolved = new List<string>();
        foreach (var name in names)
        {
            if (!_devices.TryGetValue(name, out var entry) || entry.Rival is not null)
            {
                unresolved.Add(entry is null ? name : $"{name} (in {entry.Path} and in {entry.Rival})");
            }
            else
            {
                edits = begun.Add(entry.Path) ? edits.Then(entry.Spec.Edits) : edits;
                edits = edits.Then(entry.Device.Edits);
            }
        }

        return unresolved.Count == 0
            ? edits
            : throw new CdiException(string.Join(
                "; ", [$"unresolvable CDI devices {string.Join(", ", unresolved)}", .. _faults.Take(FaultsTold)]));
    }

    private void Add(CdiFile file, CdiSpec spec)
    {
        foreach (var device in spec.Devices)
        {
            var name = $"{spec.Kind}={device.Name}";
            var entry = new Entry(file.Path, file.Priority, spec, device, null);
            if (!_devices.TryGetValue(name, out var other) || other.Priority < file.Priority)
            {
                _devices[name] = entry;
            }
            else if (other.Priority == file.Priority)
            {
                _devices[name] = other with { Rival = file.Path };
                _faults.Add($"{file.Path}: {name} is in {other.Path} too");
            }
        }
    }

    /// <summary>
    /// A device and the path of the file it is in; <c>Rival</c> is that of another file that has it too.
    /// </summary>
    private sealed record Entry(string Path, int Priority, CdiSpec Spec, CdiDevice Device, string? Rival);
}
