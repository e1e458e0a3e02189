using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Edge.Server.Settings;
using Edge.Server.Store;

namespace Edge.Server;

/// <summary>The commands of edge-server. Exit codes: 0 done, 1 failed or wrong settings, 2 wrong usage.</summary>
internal static class CommandLine
{
    private const int Failed = 1;
    private const int WrongUsage = 2;
    private const string DefaultConfig = "/etc/edge/server.yaml";

    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    public static async Task<int> Run(string[] args, Func<ServerSettings, CancellationToken, Task> serve)
    {
        var root = new RootCommand("The server of Edge: Kubernetes' API for small, far and often offline machines.")
        {
            RunCommand(serve),
            BackupCommand(),
            RestoreCommand(),
            new Command("token", "Bootstrap tokens of nodes.") { TokenCreate() },
        };
        var parsed = root.Parse(args);

        // Registered by us: the web server takes SIGTERM for itself, and the library's own hook then never fires.
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        var code = await parsed.InvokeAsync(
            new InvocationConfiguration { ProcessTerminationTimeout = null }, stop.Token);
        return parsed.Errors.Count > 0 ? WrongUsage : code;

        void Cancel(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static Command RunCommand(Func<ServerSettings, CancellationToken, Task> serve)
    {
        var config = new Option<string?>("--config") { Description = $"settings file; default {DefaultConfig}" };
        var command = new Command("run", "Runs the server until SIGTERM.") { config };
        var flags = new Dictionary<SettingName, Option<string[]>>();
        foreach (var name in SettingName.All)
        {
            flags[name] = Flag(name);
            command.Add(flags[name]);
        }

        command.SetAction(async (parsed, ct) =>
        {
            var given = flags
                .Where(flag => parsed.GetResult(flag.Value) is not null)
                .ToDictionary(flag => flag.Key, flag => (IReadOnlyList<string>)(parsed.GetValue(flag.Value) ?? []));
            return await Start(parsed.GetValue(config), given, serve, ct);
        });
        return command;
    }

    /// <summary>
    /// A list takes an arity of several also where one is meant; giving it twice is then refused here.
    /// </summary>
    private static Option<string[]> Flag(SettingName name)
    {
        var flag = new Option<string[]>(name.Flag)
        {
            Description = name.Default is [var value] ? $"{name.Help}; default {value}" : name.Help,
            Arity = ArgumentArity.OneOrMore,
        };
        if (!name.Repeats)
        {
            flag.Validators.Add(result =>
            {
                if (result.Tokens.Count > 1)
                {
                    result.AddError($"{name.Flag} is given more than once");
                }
            });
        }

        return flag;
    }

    private static async Task<int> Start(
        string? config, IReadOnlyDictionary<SettingName, IReadOnlyList<string>> flags,
        Func<ServerSettings, CancellationToken, Task> serve, CancellationToken ct)
    {
        // A file that was named must be there; the usual one may be absent.
        var path = config ?? (File.Exists(DefaultConfig) ? DefaultConfig : null);
        if (path is not null && !File.Exists(path))
        {
            await Console.Error.WriteLineAsync($"edge-server: --config: file \"{path}\" does not exist");
            return Failed;
        }

        var result = SettingsReader.Read(
            path, path is null ? null : await File.ReadAllTextAsync(path, ct), flags,
            Credential(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY")));
        switch (result)
        {
            case SettingsResult.Invalid invalid:
                foreach (var error in invalid.Errors)
                {
                    await Console.Error.WriteLineAsync($"edge-server: {error}");
                }

                return Failed;
            case SettingsResult.Valid valid:
                return await Guard(() => serve(valid.Settings, ct), ct);
            default:
                throw new InvalidOperationException("unknown settings result");
        }
    }

    /// <summary>The file of the key that seals Secrets, where systemd gives one (systemd.exec, Credentials).</summary>
    internal static string? Credential(string? directory) =>
        directory is { Length: > 0 } && Path.Combine(directory, SettingName.SecretKeyCredential) is var file
            && File.Exists(file)
            ? file
            : null;

    private static Command BackupCommand()
    {
        var to = new Option<string>("--to") { Description = "the file to write", Required = true };
        var kubeconfig = AdminKubeconfig();
        var command = new Command("backup", "Fetches a copy of the running server's database.") { to, kubeconfig };
        command.SetAction((parsed, ct) => Guard(
            () => BackupRequest.Fetch(parsed.GetValue(kubeconfig)!, parsed.GetValue(to)!, ct), ct));
        return command;
    }

    private static Command RestoreCommand()
    {
        var from = new Option<string>("--from") { Description = "a file that a backup made", Required = true };
        var data = new Option<string>(SettingName.DataDir.Flag)
        {
            Description = SettingName.DataDir.Help, DefaultValueFactory = _ => SettingName.DataDir.Default[0],
        };
        var command = new Command(
            "restore", "Puts a backup in the place of a stopped server's database; run it as the server's user. "
                + "Certificates and keys stay.")
        {
            from, data,
        };
        command.SetAction((parsed, ct) => Guard(
            async () =>
            {
                var database = Path.Combine(parsed.GetValue(data)!, ServerSettings.DatabaseName);
                var revision = StoreRestore.Run(
                    parsed.GetValue(from)!, database, TimeProvider.System.GetUtcNow());
                await Console.Out.WriteLineAsync($"restored; revisions go on from {revision}");
            },
            ct));
        return command;
    }

    private static Option<string> AdminKubeconfig() => new("--kubeconfig")
    {
        Description = "an administrator's kubeconfig",
        DefaultValueFactory = _ => Path.Combine(SettingName.DataDir.Default[0], "admin.kubeconfig"),
    };

    private static Command TokenCreate()
    {
        var ttl = new Option<int>("--ttl")
        {
            Description = "hours until the token expires, 1 to 8760", DefaultValueFactory = _ => 24,
        };
        var kubeconfig = AdminKubeconfig();
        ttl.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 8760)
            {
                result.AddError("--ttl must be 1 to 8760 hours");
            }
        });
        var command = new Command("create", "Makes a token that enrols one node; prints it and the CA's hash.")
        {
            ttl, kubeconfig,
        };
        command.SetAction((parsed, ct) => Guard(
            () => TokenRequest.Create(
                parsed.GetValue(kubeconfig)!, TimeSpan.FromHours(parsed.GetValue(ttl)), TimeProvider.System,
                Console.Out, ct),
            ct));
        return command;
    }

    private static async Task<int> Guard(Func<Task> action, CancellationToken ct)
    {
        try
        {
            await action();
            return 0;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return 0;
        }
#pragma warning disable CA1031 // The edge of the process: whatever ended it is told, and the exit code says so.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            await Console.Error.WriteLineAsync($"edge-server: {failure.Message}");
            if (failure is not InvalidDataException)
            {
                // What is wrong with our own files is said in one line, to whoever can mend them.
                await Console.Error.WriteLineAsync(failure.ToString());
            }

            return Failed;
        }
    }
}
