using System.Globalization;
using System.Net.Sockets;

namespace Edge.Proto;

/// <summary>
/// What a service tells systemd: that it is ready, and again and again that it lives (sd_notify(3), the watchdog of
/// systemd.service(5)). Started by anything else, it tells nobody. Never throws and never waits: a service does not
/// end because its supervisor is slow.
/// </summary>
public sealed class ServiceNotice : IDisposable
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogProcessVariable = "WATCHDOG_PID";

    private readonly TimeProvider _clock;
    private readonly UnixDomainSocketEndPoint? _supervisor;
    private readonly Socket? _socket;
    private bool _ready;
    private long? _lastBeat;

    /// <param name="socket">A path, or a name behind <c>@</c>; null where nobody listens.</param>
    /// <param name="watchdog">Without a word for so long the service is ended; null for ever.</param>
    /// <param name="clock">Says when a beat is due.</param>
    public ServiceNotice(string? socket, TimeSpan? watchdog, TimeProvider clock)
    {
        _clock = clock;
        if (socket is ['/' or '@', ..])
        {
            _supervisor = new UnixDomainSocketEndPoint(socket[0] == '@' ? '\0' + socket[1..] : socket);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            // As sd_watchdog_enabled(3) recommends: at half of the time.
            BeatEvery = watchdog is { } limit && limit > TimeSpan.Zero ? limit / 2 : TimeSpan.MaxValue;
        }
    }

    /// <summary>How often a beat is wanted; <see cref="TimeSpan.MaxValue"/> where nobody waits for one.</summary>
    public TimeSpan BeatEvery { get; } = TimeSpan.MaxValue;

    /// <summary>What else must hold for a beat to be told; asked with each.</summary>
    public Func<bool> IsWell { get; init; } = () => true;

    /// <summary>By the environment, which is not handed on: what this process starts is another service.</summary>
    public static ServiceNotice OfThisProcess(
        Func<string, string?> environment, TimeProvider clock, Func<bool>? isWell = null)
    {
        var (socket, microseconds, process) =
            (Take(SocketVariable), Take(WatchdogVariable), Take(WatchdogProcessVariable));
        var isMeant = process is null || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new ServiceNotice(socket, isMeant ? Watchdog(microseconds) : null, clock)
        {
            IsWell = isWell ?? (() => true),
        };

        string? Take(string variable)
        {
            var value = environment(variable);
            Environment.SetEnvironmentVariable(variable, null);
            return value is { Length: > 0 } ? value : null;
        }
    }

    /// <summary>The first call says that the service has started; systemd starts what comes after it then.</summary>
    public void Ready()
    {
        if (!_ready)
        {
            _ready = true;
            Send("READY=1"u8);
        }
    }

    /// <summary>For the loop that must not hang, at every turn; more often than wanted costs nothing.</summary>
    public void Beat()
    {
        if (BeatEvery == TimeSpan.MaxValue
            || (_lastBeat is { } last && _clock.GetElapsedTime(last) < BeatEvery / 2))
        {
            return;
        }

        if (IsWell())
        {
            _lastBeat = _clock.GetTimestamp();
            Send("WATCHDOG=1"u8);
        }
    }

    public void Dispose() => _socket?.Dispose();

    private static TimeSpan? Watchdog(string? microseconds) =>
        long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count < long.MaxValue / TimeSpan.TicksPerMicrosecond
                ? TimeSpan.FromTicks(count * TimeSpan.TicksPerMicrosecond)
                : null;

    private void Send(ReadOnlySpan<byte> text)
    {
        try
        {
            _socket?.SendTo(text, _supervisor!);
        }
        catch (SocketException)
        {
            // Nobody listens any more, or too much waits there; the next beat says the same.
        }
    }
}
