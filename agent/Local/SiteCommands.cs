using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// The commands of a person on site. They speak to the agent of this machine over its socket and need neither server
/// nor network.
/// </summary>
internal sealed class SiteCommands
{
    private static readonly string[] EventHeader = ["LAST SEEN", "TYPE", "REASON", "NAMESPACE", "OBJECT", "MESSAGE"];

    private readonly SiteConsole _console;
    private readonly Func<string> _runDir;
    private readonly TimeProvider _clock;
    private readonly Option<string?> _directory = new("--run-dir")
    {
        Description = "the agent's run directory, by default that of its settings",
    };

    private readonly Option<string?> _namespace = new("--namespace", "-n")
    {
        Description = "namespace, by default \"default\"",
    };

    private readonly Option<string?> _output = new("--output", "-o") { Description = "json, for all there is" };

    private readonly Option<string?> _file = new("--filename", "-f")
    {
        Description = "manifests in YAML or JSON; - for standard input",
    };

    private SiteCommands(SiteConsole console, Func<string> runDir, TimeProvider clock)
    {
        (_console, _runDir, _clock) = (console, runDir, clock);
        _output.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not "json" }])
            {
                result.AddError("--output: json is the only other form");
            }
        });
    }

    /// <param name="console">Where they read and write.</param>
    /// <param name="runDir">The run directory of the agent's settings.</param>
    /// <param name="clock">For ages.</param>
    public static IReadOnlyList<Command> All(SiteConsole console, Func<string> runDir, TimeProvider clock)
    {
        var commands = new SiteCommands(console, runDir, clock);
        return
        [
            commands.Listing("ps", "Lists the pods of this node.", "/v1/pods", commands.PrintPods),
            commands.Logs(),
            commands.Listing("events", "Shows what was said of pods lately.", "/v1/events", commands.PrintEvents),
            commands.Listing("status", "Shows the agent and its link.", "/v1/status", commands.PrintStatus),
            commands.Apply(),
            commands.Delete(),
        ];
    }

    private Command Listing(string name, string about, string path, Action<JsonNode> print)
    {
        var command = new Command(name, about) { _output, _directory };
        Act(command, async (parsed, client, stop) =>
        {
            if (await client.Ask("GET", path, null, stop) is not { } answer)
            {
                return 1;
            }

            if (parsed.GetValue(_output) is not null)
            {
                _console.Out.WriteLine(answer);
            }
            else
            {
                print(JsonNode.Parse(answer)!);
            }

            return 0;
        });
        return command;
    }

    private Command Logs()
    {
        var pod = new Argument<string>("pod");
        var container = new Option<string?>("--container", "-c") { Description = "by default the first" };
        var tail = new Option<string?>("--tail") { Description = "so many of the last lines" };
        var follow = new Option<bool>("--follow", "-f") { Description = "goes on while the container does" };
        var previous = new Option<bool>("--previous", "-p") { Description = "of the life before the present one" };
        var timestamps = new Option<bool>("--timestamps") { Description = "begins each line with its time" };
        var command = new Command("logs", "Prints the log of a pod's container.")
        {
            pod, container, tail, follow, previous, timestamps, _namespace, _directory,
        };
        Act(command, async (parsed, client, stop) =>
        {
            var name = parsed.GetValue(pod)!;
            var query = Query(
                ("pod", name.StartsWith("pod/", StringComparison.Ordinal) ? name["pod/".Length..] : name),
                ("namespace", parsed.GetValue(_namespace) ?? "default"),
                ("container", parsed.GetValue(container)),
                ("tail", parsed.GetValue(tail)),
                ("follow", parsed.GetValue(follow) ? "true" : null),
                ("previous", parsed.GetValue(previous) ? "true" : null),
                ("timestamps", parsed.GetValue(timestamps) ? "true" : null));
            await using var output = _console.Output();
            return await client.Copy("GET", $"/v1/logs{query}", null, output, stop);
        });
        return command;
    }

    private Command Apply()
    {
        var command = new Command("apply", "Runs pods of this node's own, until the server has one of that name.")
        {
            _file, _namespace, _directory,
        };
        Act(command, (parsed, client, stop) => parsed.GetValue(_file) is { } path
            ? Send(client, "/v1/apply", path, parsed, stop)
            : Wrong("must specify -f"));
        return command;
    }

    private Command Delete()
    {
        var what = new Argument<string?>("pod/NAME") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("delete", "Ends pods of this node's own; stops the server's until its next word.")
        {
            what, _file, _namespace, _directory,
        };
        Act(command, async (parsed, client, stop) =>
        {
            var (named, path) = (parsed.GetValue(what), parsed.GetValue(_file));
            if (path is not null && named is null)
            {
                return await Send(client, "/v1/delete", path, parsed, stop);
            }

            if (path is not null || named?.Split('/') is not ["pod" or "pods", { Length: > 0 } name])
            {
                return await Wrong("must specify pod/NAME or -f");
            }

            var ns = parsed.GetValue(_namespace) ?? "default";
            return Print(await client.Ask(
                "DELETE", $"/v1/pods/{Uri.EscapeDataString(ns)}/{Uri.EscapeDataString(name)}", null, stop));
        });
        return command;
    }

    private async Task<int> Send(
        SiteClient client, string path, string file, ParseResult parsed, CancellationToken stop)
    {
        try
        {
            await using var input = file == "-" ? _console.Input() : File.OpenRead(file);
            using var reader = new StreamReader(input);
            var text = await reader.ReadToEndAsync(stop);
            return Print(await client.Ask(
                "POST", path + Query(("namespace", parsed.GetValue(_namespace))), text, stop));
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            return await Wrong(unread.Message);
        }
    }

    private void Act(Command command, Func<ParseResult, SiteClient, CancellationToken, Task<int>> act) =>
        command.SetAction(async (parsed, stop) =>
        {
            using var client = new SiteClient(
                LocalServer.PathIn(parsed.GetValue(_directory) ?? _runDir()), _console);
            return await act(parsed, client, stop);
        });

    private int Print(string? answer)
    {
        _console.Out.Write(answer);
        return answer is null ? 1 : 0;
    }

    private Task<int> Wrong(string error)
    {
        _console.Error.WriteLine($"error: {error}");
        return Task.FromResult(1);
    }

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> fields)
    {
        var query = "";
        foreach (var (name, value) in fields)
        {
            query += value is null ? "" : $"{(query.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(value)}";
        }

        return query;
    }

    private void PrintPods(JsonNode answer)
    {
        var rows = new List<string[]> { PodColumns.Header };
        foreach (var item in answer["items"]!.AsArray())
        {
            rows.Add(PodColumns.For(item.Deserialize(ModelJson.Default.Pod)!, _clock.GetUtcNow()));
        }

        PrintTable(rows, "No pods on this node.");
    }

    private void PrintEvents(JsonNode answer)
    {
        var rows = new List<string[]> { EventHeader };
        foreach (var item in answer.AsArray())
        {
            var at = item!["lastTimestamp"].Deserialize(ModelJson.Default.DateTimeOffset);
            var count = Text(item, "count");
            rows.Add(
            [
                HumanDuration.Of(_clock.GetUtcNow() - at) + (count == "1" ? "" : $" (x{count})"),
                Text(item, "type"), Text(item, "reason"), Text(item, "namespace"), Text(item, "object"),
                Text(item, "message"),
            ]);
        }

        PrintTable(rows, "No events since the agent was started.");
    }

    private static string Text(JsonNode item, string name) => item[name]?.ToString() ?? "";

    private void PrintTable(List<string[]> rows, string none)
    {
        if (rows.Count == 1)
        {
            _console.Error.WriteLine(none);
            return;
        }

        foreach (var line in TextTable.Lines(rows))
        {
            _console.Out.WriteLine(line);
        }
    }

    private void PrintStatus(JsonNode answer)
    {
        const int NameWidth = 20;
        foreach (var (name, value) in answer.AsObject())
        {
            if (value is not null)
            {
                _console.Out.WriteLine($"{name + ":",-NameWidth}{value}");
            }
        }
    }
}
