using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Server.Api.Streams;

/// <summary>How a process ended, as its clients are told it on the error channel.</summary>
internal sealed record ProcessStatus
{
    private const string InternalError = "Internal error occurred: ";

    private ProcessStatus(int exitCode, string message) => (ExitCode, Message) = (exitCode, message);

    public static ProcessStatus Success { get; } = new(0, "");

    /// <summary>Zero also for what failed before there was a process.</summary>
    private int ExitCode { get; }

    private string Message { get; }

    private bool IsSuccess => Message.Length == 0;

    public static ProcessStatus Exit(int code, IReadOnlyList<string> command) => code == 0 ? Success : new(
        code,
        "command terminated with non-zero exit code: error executing command "
        + $"[{string.Join(' ', command)}], exit code {code}");

    /// <param name="why">Without the words that all failures begin with.</param>
    public static ProcessStatus Failure(string why) =>
        new(0, $"{InternalError}{why}");

    /// <summary>As a metav1.Status, which clients read the exit code from.</summary>
    public byte[] ToJson() => Encoding.UTF8.GetBytes(ToTree().ToJsonString());

    /// <summary>As the first protocols had it, which knew no Status: empty for a good end.</summary>
    public byte[] ToText() => IsSuccess ? [] : Encoding.UTF8.GetBytes(Message);

    private JsonObject ToTree()
    {
        var status = new JsonObject { ["metadata"] = new JsonObject() };
        if (IsSuccess)
        {
            status["status"] = "Success";
            return status;
        }

        status["status"] = "Failure";
        status["message"] = Message;
        if (ExitCode == 0)
        {
            status["reason"] = "InternalError";
            status["details"] = Details(new JsonObject { ["message"] = Message[InternalError.Length..] });
            status["code"] = 500;
        }
        else
        {
            status["reason"] = "NonZeroExitCode";
            status["details"] = Details(new JsonObject { ["reason"] = "ExitCode", ["message"] = $"{ExitCode}" });
        }

        return status;
    }

    private static JsonObject Details(JsonObject cause) => new() { ["causes"] = new JsonArray(cause) };
}
