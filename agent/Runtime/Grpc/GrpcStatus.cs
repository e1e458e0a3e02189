using System.Net.Http.Headers;

namespace Edge.Agent.Runtime.Grpc;

/// <summary>Turns the trailers of a call into nothing (success) or the exception that says why.</summary>
internal static class GrpcStatus
{
    public static void ThrowIfFailed(string path, HttpResponseMessage response)
    {
        // A call that failed before its first message carries the status in its only header block.
        var code = First(response.TrailingHeaders, "grpc-status") ?? First(response.Headers, "grpc-status");
        if (code == "0")
        {
            return;
        }

        var text = First(response.TrailingHeaders, "grpc-message") ?? First(response.Headers, "grpc-message") ?? "";
        throw code is null
            ? new RuntimeException(RuntimeReason.Unavailable, $"{path}: the answer ended without a status")
            : new RuntimeException(ReasonOf(code), Uri.UnescapeDataString(text));
    }

    /// <summary>Failures below gRPC: the socket is not there, or the daemon died in the middle of the call.</summary>
    public static RuntimeException Broken(string path, Exception cause) =>
        new(RuntimeReason.Unavailable, $"{path}: {cause.Message}", cause);

    public static bool IsBroken(Exception e) => e is HttpRequestException or IOException;

    // The numbers are gRPC's; what is not listed comes with free text only.
    private static RuntimeReason ReasonOf(string code) => code switch
    {
        "3" or "11" => RuntimeReason.InvalidArgument,
        "4" => RuntimeReason.Timeout,
        "5" => RuntimeReason.NotFound,
        "6" => RuntimeReason.AlreadyExists,
        "9" => RuntimeReason.FailedPrecondition,
        "14" => RuntimeReason.Unavailable,
        _ => RuntimeReason.Failed,
    };

    private static string? First(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
