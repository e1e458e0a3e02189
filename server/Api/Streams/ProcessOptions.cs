using Edge.Server.Api.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Server.Api.Streams;

/// <summary>What a client asks of a process: PodExecOptions and PodAttachOptions.</summary>
internal sealed record ProcessOptions(bool Stdin, bool Stdout, bool Stderr, bool Tty, IReadOnlyList<string> Command)
{
    /// <exception cref="StatusException">Nothing can be meant by it.</exception>
    public static ProcessOptions Read(RequestQuery query, StringValues command)
    {
        var tty = query.Flag("tty");
        // A terminal has one output for both.
        var options = new ProcessOptions(
            query.Flag("stdin"), query.Flag("stdout"), query.Flag("stderr") && !tty, tty,
            [.. command.Select(word => word ?? "")]);
        return options.Stdin || options.Stdout || options.Stderr
            ? options
            : throw Errors.BadRequest("you must specify at least 1 of stdin, stdout, stderr");
    }
}
