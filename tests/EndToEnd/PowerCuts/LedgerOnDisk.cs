using Edge.Agent.Ledger;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>Opens an agent's disk by the agent's own code and says what is wrong with it.</summary>
internal static class LedgerOnDisk
{
    private static readonly string[] s_identity = ["pki/node.key", "pki/node.crt"];

    /// <param name="data">The data directory that a cut left.</param>
    /// <param name="session">What must be in it.</param>
    /// <param name="cut">When the cut was, as a length of the recording.</param>
    /// <param name="real">The data directory at the end of the recording.</param>
    public static IReadOnlyList<string> Faults(string data, AgentSession session, long cut, string real)
    {
        try
        {
            return [.. Identity(data, session, cut, real), .. Ledger(data, session, cut)];
        }
        catch (Exception fault) when (fault is SqliteException or InvalidDataException or InvalidOperationException
            or IOException or System.Text.Json.JsonException)
        {
            return [$"does not open: {fault.Message}"];
        }
    }

    private static List<string> Identity(string data, AgentSession session, long cut, string real) =>
        cut < session.Known
            ? []
            : [.. s_identity.Where(file => !File.Exists(Path.Combine(data, file))
                || File.ReadAllText(Path.Combine(data, file)) != File.ReadAllText(Path.Combine(real, file)))
                .Select(file => $"{file} is not what the server knows")];

    private static List<string> Ledger(string data, AgentSession session, long cut)
    {
        List<string> faults;
        using (var ledger = NodeLedger.Open(data, NullLogger.Instance))
        {
            faults = [.. session.All.Where(told => told.Since <= cut && cut < told.Until && !told.Holds(ledger))
                .Select(told => $"not in the ledger: {told.What}")];
        }

        using var database = LedgerDatabase.Open(Path.Combine(data, "ledger.db"));
        using var check = database.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        return check.ExecuteScalar() is "ok" ? faults : [.. faults, "its structure is broken"];
    }
}
