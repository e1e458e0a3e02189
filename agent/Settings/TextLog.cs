using Microsoft.Extensions.Logging;

namespace Edge.Agent.Settings;

/// <summary>Logs as lines of text: level, feature, message. The journal adds the time.</summary>
internal sealed class TextLog(TextWriter writer, LogLevel least) : ILoggerFactory
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => new Feature(this, categoryName);

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("there is one log, and it is text");

    public void Dispose()
    {
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            writer.WriteLine(line);
        }
    }

    private sealed class Feature(TextLog log, string name) : ILogger
    {
        private readonly string _name = name[(name.LastIndexOf('.') + 1)..];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.Least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var cause = exception is null ? "" : $": {exception.GetType().Name}: {exception.Message}";
                log.Write($"{Letter(logLevel)} {_name}: {formatter(state, exception)}{cause}");
            }
        }

        private static char Letter(LogLevel level) => level switch
        {
            LogLevel.Warning => 'W',
            LogLevel.Error or LogLevel.Critical => 'E',
            LogLevel.Trace or LogLevel.Debug or LogLevel.None => 'D',
            LogLevel.Information => 'I',
        };
    }

    private LogLevel Least => least;
}
