using Microsoft.Extensions.Logging;

namespace Edge.Server;

/// <summary>What the server says, on its standard output, a line each.</summary>
internal static class ConsoleLog
{
    public static ILoggerFactory Create() => LoggerFactory.Create(builder => builder
        .AddFilter("Microsoft", LogLevel.Warning)
        // Where it may log, Kestrel's host begins a trace and a scope for each request, which nobody reads.
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        }));
}
