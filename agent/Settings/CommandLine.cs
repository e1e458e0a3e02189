using System.CommandLine;
using Edge.Agent.Runtime.Logs;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Settings;

/// <summary>The command line: one flag per setting, all errors at once, exit code 1 when anything is wrong.</summary>
internal static class CommandLine
{
    private const string DefaultFile = "/etc/edge/agent.yaml";

    /// <param name="args">What was typed.</param>
    /// <param name="agent">Runs the agent.</param>
    /// <param name="others">What else the binary can do.</param>
    public static Task<int> Run(
        string[] args, Func<AgentSettings, CancellationToken, Task<int>> agent, IReadOnlyList<Command>? others = null)
    {
        var config = new Option<string?>("--config") { Description = $"settings file, by default {DefaultFile}" };
        var flags = SettingName.All.ToDictionary(setting => setting, Flag);
        var run = new Command("run", "Runs the pods of this node.") { config };
        foreach (var flag in flags.Values)
        {
            run.Add(flag);
        }

        run.SetAction(async (parsed, stop) =>
        {
            var given = flags.Keys.Where(setting => parsed.GetResult(flags[setting]) is { Implicit: false })
                .ToDictionary(
                    setting => setting, setting => (IReadOnlyList<string>)(parsed.GetValue(flags[setting]) ?? []));
            return Read(parsed.GetValue(config), given) switch
            {
                SettingsResult.Valid valid => await agent(valid.Settings, stop),
                SettingsResult.Invalid invalid => Fail(invalid.Errors),
                _ => throw new InvalidOperationException("settings are valid or not"),
            };
        });
        var root = new RootCommand("edge-agent runs Kubernetes pods on an edge machine.") { run, Drain() };
        foreach (var other in others ?? [])
        {
            root.Add(other);
        }

        return root.Parse(args).InvokeAsync(new InvocationConfiguration
        {
            // Containers stay; only the loops have to come to rest.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(10),
        });
    }

    /// <summary>
    /// A list takes an arity of several also where one is meant; giving it twice is then refused here.
    /// </summary>
    private static Option<string[]> Flag(SettingName setting)
    {
        var flag = new Option<string[]>(setting.Flag)
        {
            Description = setting.Help,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        if (!setting.Repeats)
        {
            flag.Validators.Add(result =>
            {
                if (result.Tokens.Count > 1)
                {
                    result.AddError($"{setting.Flag} is given more than once");
                }
            });
        }

        return flag;
    }

    public static int Fail(IEnumerable<string> errors)
    {
        foreach (var error in errors)
        {
            Console.Error.WriteLine($"edge-agent: {error}");
        }

        return 1;
    }

    /// <summary>
    /// What packaging/systemd/edge-drain.service runs. Takes nothing from the settings but the run directory: they may
    /// be what keeps the agent down.
    /// </summary>
    private static Command Drain()
    {
        var directory = new Option<string?>(SettingName.RunDir.Flag)
        {
            Description = "the agent's run directory, by default that of its settings",
        };
        var command = new Command("drain", "Writes the containers' output to their logs while no agent runs.")
        {
            directory,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var logs = new TextLog(Console.Error, LogLevel.Information);
            return await OutputDrain.Run(
                parsed.GetValue(directory) ?? RunDir(), BootClock.Instance, logs.CreateLogger("Runtime"), stop);
        });
        return command;
    }

    /// <summary>The run directory of the agent that runs by the settings file, or of one without settings.</summary>
    public static string RunDir() => OfFile()?.RunDir ?? SettingName.RunDir.Default[0];

    /// <summary>By the settings file alone; null when something is wrong with it.</summary>
    public static AgentSettings? OfFile() => (Read(null, []) as SettingsResult.Valid)?.Settings;

    private static SettingsResult Read(string? path, Dictionary<SettingName, IReadOnlyList<string>> flags)
    {
        var host = System.Net.Dns.GetHostName();
        var file = path ?? (File.Exists(DefaultFile) ? DefaultFile : null);
        if (file is null)
        {
            return SettingsReader.Read(null, null, flags, host);
        }

        return File.Exists(file)
            ? SettingsReader.Read(file, File.ReadAllText(file), flags, host)
            : new SettingsResult.Invalid([$"{file}: no such file"]);
    }
}
