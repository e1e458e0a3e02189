using Microsoft.Extensions.Logging;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>A logger that keeps what must not happen: errors.</summary>
internal sealed class SimFaults : ILoggerFactory, ILogger
{
    private readonly List<string> _errors = [];

    public IReadOnlyList<string> Errors => _errors;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error)
        {
            _errors.Add($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
