using System.Net.Sockets;
using System.Text;
using Edge.Proto;
using Edge.Tests.Support;

namespace Edge.Tests.Proto;

/// <summary>What arrives at the supervisor's socket.</summary>
public sealed class ServiceNoticeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edge-notice-").FullName;
    private readonly FakeClock _clock = new();
    private readonly Socket _supervisor = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
    {
        Blocking = false,
    };

    private string Path => System.IO.Path.Combine(_directory, "notify");

    public void Dispose()
    {
        _supervisor.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Ready_is_said_once_at_a_path()
    {
        _supervisor.Bind(new UnixDomainSocketEndPoint(Path));
        using var notice = new ServiceNotice(Path, null, _clock);

        notice.Ready();
        notice.Ready();
        notice.Beat();

        Assert.Equal(["READY=1"], Heard());
        Assert.Equal(TimeSpan.MaxValue, notice.BeatEvery);
    }

    [Fact]
    public void An_abstract_name_is_dialled_too()
    {
        var name = $"edge-notice-{Guid.NewGuid():N}";
        _supervisor.Bind(new UnixDomainSocketEndPoint("\0" + name));
        using var notice = new ServiceNotice("@" + name, null, _clock);

        notice.Ready();

        Assert.Equal(["READY=1"], Heard());
    }

    [Fact]
    public void Beats_are_told_at_half_of_the_watchdogs_time_and_no_more_often_than_twice_of_that()
    {
        _supervisor.Bind(new UnixDomainSocketEndPoint(Path));
        using var notice = new ServiceNotice(Path, TimeSpan.FromSeconds(20), _clock);

        for (var turn = 0; turn < 40; turn++)
        {
            notice.Beat();
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(TimeSpan.FromSeconds(10), notice.BeatEvery);
        Assert.Equal(Enumerable.Repeat("WATCHDOG=1", 8), Heard());
    }

    [Fact]
    public void Who_is_not_well_tells_nothing_until_he_is()
    {
        _supervisor.Bind(new UnixDomainSocketEndPoint(Path));
        var well = false;
        using var notice = new ServiceNotice(Path, TimeSpan.FromSeconds(20), _clock) { IsWell = () => well };

        notice.Beat();
        Assert.Empty(Heard());
        well = true;
        notice.Beat();

        Assert.Equal(["WATCHDOG=1"], Heard());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("vsock:2:1234")]
    [InlineData("/nowhere/at/all")]
    public void Nobody_who_listens_is_no_error(string? socket)
    {
        using var notice = new ServiceNotice(socket, TimeSpan.FromSeconds(20), _clock);

        notice.Ready();
        notice.Beat();
    }

    [Fact]
    public void The_environment_is_read_and_not_handed_on()
    {
        _supervisor.Bind(new UnixDomainSocketEndPoint(Path));
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", Path);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", "30000000");
        Environment.SetEnvironmentVariable("WATCHDOG_PID", $"{Environment.ProcessId}");

        using var notice = ServiceNotice.OfThisProcess(Environment.GetEnvironmentVariable, _clock);
        using var second = ServiceNotice.OfThisProcess(Environment.GetEnvironmentVariable, _clock);

        Assert.Equal((TimeSpan.FromSeconds(15), TimeSpan.MaxValue), (notice.BeatEvery, second.BeatEvery));
        Assert.Null(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));
    }

    [Fact]
    public void A_watchdog_meant_for_another_process_is_not_ours()
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", Path);
        Environment.SetEnvironmentVariable("WATCHDOG_USEC", "30000000");
        Environment.SetEnvironmentVariable("WATCHDOG_PID", "1");

        using var notice = ServiceNotice.OfThisProcess(Environment.GetEnvironmentVariable, _clock);

        Assert.Equal(TimeSpan.MaxValue, notice.BeatEvery);
    }

    private List<string> Heard()
    {
        var heard = new List<string>();
        var buffer = new byte[256];
        while (_supervisor.Available > 0)
        {
            heard.Add(Encoding.ASCII.GetString(buffer, 0, _supervisor.Receive(buffer)));
        }

        return heard;
    }
}
