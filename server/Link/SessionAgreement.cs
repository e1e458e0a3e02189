using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Server.Link;

/// <summary>
/// Whether both ends hold the same maps when a session opens: what a person, and a test, reads in the log to know that
/// a reconnection transferred nothing.
/// </summary>
internal static class SessionAgreement
{
    public static (string Desired, string Reported) Of(Hello hello, ServerSession here) => (
        Text(Standing.From(hello.Desired), here.Desired.Standing),
        Text(Standing.From(hello.Reported), here.Reported.Standing));

    private static string Text(Standing? there, Standing here) => there?.Digest == here.Digest
        ? $"agrees at {here.Digest}"
        : $"is {there?.Digest.ToString() ?? "unknown"} there and {here.Digest} here";
}
