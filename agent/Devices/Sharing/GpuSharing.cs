using System.Text;
using Edge.Proto;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Devices.Sharing;

/// <summary>
/// The GPUs that were found as a sharing document has them offered. The server's document for this node goes before the
/// file of the machine. One that cannot be taken leaves the one before in force, over restarts too, and the Node says
/// why. A node without GPUs reads nothing. Safe from any thread.
/// </summary>
/// <param name="found">As the driver has them; the same object while nothing changed.</param>
/// <param name="settings">The server's word.</param>
/// <param name="file">The machine's own document; null for none.</param>
/// <param name="memory">Where the document in force is kept while there is one.</param>
/// <param name="logger">Hears of changes.</param>
internal sealed class GpuSharing(
    Func<GpuInventory> found, Func<NodeSettings> settings, string? file, string memory, ILogger logger)
{
    public const string ConditionType = "GPUSharingProblem";

    private readonly Lock _gate = new();
    private readonly FileText? _file = file is null ? null : new FileText(file, NodeSettings.GpuSharingMax);

    /// <summary>What was read last and did not change since.</summary>
    private SharingSource? _read;
    private bool _remembered;
    private string? _inForce;
    private SharingDocument? _document;
    private string? _fault;

    private GpuInventory? _found;
    private SharingDocument? _applied;
    private GpuInventory _gpus = GpuInventory.None;
    private IReadOnlyList<string> _unmet = [];

    /// <summary>What is offered is another than it was.</summary>
    public Action<GpuInventory> Changed { get; set; } = _ => { };

    /// <summary>For the Node's events: whether it is a warning, reason, message.</summary>
    public Action<bool, string, string> Say { get; set; } = (_, _, _) => { };

    /// <summary>As pods may have them; the same object while nothing changed.</summary>
    public GpuInventory Gpus => Look();

    /// <summary>
    /// Whether something is wrong, reason and message of <see cref="ConditionType"/>; null where no document is.
    /// </summary>
    public (bool Wrong, string Reason, string Message)? Condition
    {
        get
        {
            lock (_gate)
            {
                if (_read is null || _gpus.Devices.Count == 0)
                {
                    return null;
                }

                if (_fault is { } fault)
                {
                    return (true, "InvalidDocument", $"{_read.Name}: {fault}; {Before()}");
                }

                var idle = _document?.WithoutEffect ?? [];
                return _unmet.Count > 0
                    ? (true, "NotWithTheseGPUs", $"{_read.Name}: {string.Join("; ", _unmet)}")
                    : (false, "InForce", idle.Count == 0
                        ? $"{_read.Name} is in force"
                        : $"{_read.Name} is in force; without effect here: {string.Join(", ", idle)}");
            }
        }
    }

    /// <summary>Takes in what changed: GPUs, the server's word, the file.</summary>
    public GpuInventory Look()
    {
        lock (_gate)
        {
            var (changed, now) = (false, found());
            var told = now.Devices.Count == 0 ? null : Take(Source());
            if (!ReferenceEquals(now, _found) || !ReferenceEquals(_document, _applied))
            {
                var before = _gpus;
                (_gpus, _unmet) = _document is null ? (now, []) : SharingPlan.Apply(now, _document);
                changed = !GpuJson.Bytes(before).AsSpan().SequenceEqual(GpuJson.Bytes(_gpus));
                (_found, _applied) = (now, _document);
            }

            if (told is { } said)
            {
                SharingLog.Told(logger, said.Message);
                Say(said.Warning, said.Reason, said.Message);
            }

            if (changed || told is not null)
            {
                // Within the lock: who is told last is told the newest.
                Changed(_gpus);
            }

            return _gpus;
        }
    }

    private SharingSource? Source()
    {
        var ordered = settings();
        if (ordered.GpuSharingFrom is { } from)
        {
            return new SharingSource(from, ordered.GpuSharing, ordered.GpuSharingFault);
        }

        return _file?.Read() is { } read ? new SharingSource(file!, read.Text, read.Fault) : null;
    }

    /// <returns>What is to be told of it; null when nothing changed.</returns>
    private (bool Warning, string Reason, string Message)? Take(SharingSource? source)
    {
        Remember();
        if (source == _read && (source is not null || _document is null))
        {
            return null;
        }

        var wasWrong = _fault is not null;
        _read = source;
        if (source is null)
        {
            _fault = null;
            Keep(null);
            return (false, "GPUSharingEnded", "no document says any more how GPUs are shared");
        }

        try
        {
            _fault = source.Fault;
            if (source.Text is { } text)
            {
                _document = SharingReader.Read(text);
                var isKnown = text == _inForce && !wasWrong;
                Keep(text);
                // The agent began again, or the same text stands elsewhere.
                return isKnown ? null : (false, "GPUSharing", $"{source.Name} is in force");
            }
        }
        catch (FormatException refused)
        {
            _fault = refused.Message;
        }

        return (true, "GPUSharingRefused", $"{source.Name}: {_fault}; {Before()}");
    }

    private string Before() => _document is null ? "nothing is shared" : "the document before stays in force";

    /// <summary>What was in force when the agent ended, until something else is read.</summary>
    private void Remember()
    {
        if (_remembered)
        {
            return;
        }

        _remembered = true;
        try
        {
            var text = File.Exists(memory) ? File.ReadAllText(memory) : null;
            _document = text is null ? null : SharingReader.Read(text);
            _inForce = text;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
        {
            SharingLog.Told(logger, $"{memory}: {unreadable.Message}");
        }
    }

    private void Keep(string? text)
    {
        if (text is null)
        {
            _document = null;
        }

        if (text == _inForce)
        {
            return;
        }

        _inForce = text;
        try
        {
            if (text is null)
            {
                DurableFile.Delete(memory);
            }
            else
            {
                DurableFile.Write(memory, Encoding.UTF8.GetBytes(text));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            SharingLog.NotKept(logger, failure.Message);
        }
    }

    /// <summary>Where a document stands, its text, or why there is none.</summary>
    private sealed record SharingSource(string Name, string? Text, string? Fault);
}
