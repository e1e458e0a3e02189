using System.Text;
using Edge.Agent.Reconcile;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Agent.Reconcile;

public sealed class KnownSettingsTests
{
    private readonly KnownSettings _known;
    private readonly Lines _log = new();
    private Dictionary<string, byte[]> _desired = [];

    public KnownSettingsTests() => _known = new KnownSettings(() => _desired, _log);

    [Fact]
    public void They_are_read_once_for_each_change_of_their_entry()
    {
        Assert.Null(_known.Now.KeepAliveSeconds);
        _desired = Node("""{"keepAliveSeconds":600}""");
        var now = _known.Now;
        Assert.Equal(600, now.KeepAliveSeconds);

        _desired = new(_desired) { ["pods/a"] = "{"u8.ToArray() };
        Assert.Same(now, _known.Now);
        _desired = Node("""{"keepAliveSeconds":60}""");
        Assert.Equal(60, _known.Now.KeepAliveSeconds);
        _desired = [];
        Assert.Null(_known.Now.KeepAliveSeconds);
        Assert.Empty(_log.Said);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"keepAliveSeconds":"soon"}""")]
    public void What_cannot_be_read_says_nothing_and_is_logged_once(string json)
    {
        _desired = Node(json);
        Assert.Null(_known.Now.KeepAliveSeconds);
        Assert.Null(_known.Now.KeepAliveSeconds);
        Assert.Single(_log.Said);
    }

    private static Dictionary<string, byte[]> Node(string json) => new() { ["node"] = Encoding.UTF8.GetBytes(json) };

    private sealed class Lines : ILogger
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Said.Add(formatter(state, exception));
    }
}
