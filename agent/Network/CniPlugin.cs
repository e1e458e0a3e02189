using System.ComponentModel;
using System.Text.Json;

namespace Edge.Agent.Network;

/// <summary>One attachment of a pod to the network, in the words of the CNI specification.</summary>
/// <remarks>The container id of the specification is the pod's uid.</remarks>
internal sealed record CniAttachment(string Uid, string NetPath)
{
    /// <summary>The pod's end of the cable, as every pod of Kubernetes knows it.</summary>
    public const string Interface = "eth0";
}

/// <summary>Speaks CNI's exec protocol, version 1.0.0: configuration in, result or error out, both as JSON.</summary>
internal sealed class CniPlugin(IReadOnlyList<string> directories, ProgramRun programs)
{
    /// <summary>
    /// A failed ADD must be followed by <see cref="Delete"/>; the caller does, since it knows the whole undo.
    /// </summary>
    public async Task<JsonElement> Add(CniConfig config, CniAttachment attachment, CancellationToken cancellation)
    {
        var output = await Execute("ADD", config, attachment, cancellation);
        try
        {
            using var document = JsonDocument.Parse(output);
            return document.RootElement.Clone();
        }
        catch (JsonException failure)
        {
            throw new NetworkException(
                NetworkReason.PluginFailed, $"{config.Type} ADD answered no JSON: {failure.Message}", failure);
        }
    }

    /// <summary>Throws when the attachment is not as <see cref="CniConfig.PrevResult"/> says.</summary>
    public Task Check(CniConfig config, CniAttachment attachment, CancellationToken cancellation) =>
        Execute("CHECK", config, attachment, cancellation);

    /// <summary>May be repeated, and works when the namespace is gone.</summary>
    public Task Delete(CniConfig config, CniAttachment attachment, CancellationToken cancellation) =>
        Execute("DEL", config, attachment, cancellation);

    private async Task<string> Execute(
        string command, CniConfig config, CniAttachment attachment, CancellationToken cancellation)
    {
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = attachment.Uid,
            ["CNI_NETNS"] = attachment.NetPath,
            ["CNI_IFNAME"] = CniAttachment.Interface,
            ["CNI_PATH"] = string.Join(':', directories),
        };
        var input = JsonSerializer.Serialize(config, NetworkJson.Default.CniConfig);
        try
        {
            var result = await programs.Run(Find(config.Type), [], input, environment, cancellation);
            return result.ExitCode == 0
                ? result.Output
                : throw new NetworkException(
                    NetworkReason.PluginFailed, $"{config.Type} {command}: {Complaint(result)}");
        }
        catch (Exception failure) when (failure is TimeoutException or Win32Exception)
        {
            throw new NetworkException(
                NetworkReason.PluginFailed, $"{config.Type} {command}: {failure.Message}", failure);
        }
    }

    private string Find(string type) => directories.Select(directory => Path.Combine(directory, type))
        .FirstOrDefault(File.Exists)
        ?? throw new NetworkException(
            NetworkReason.PluginMissing, $"CNI plugin {type} is in none of {string.Join(", ", directories)}");

    private static string Complaint(ProgramResult result)
    {
        try
        {
            var error = JsonSerializer.Deserialize(result.Output, NetworkJson.Default.CniError);
            return $"{error?.Msg} {error?.Details}".TrimEnd() + $" (code {error?.Code})";
        }
        catch (JsonException)
        {
            return $"exit code {result.ExitCode}: {result.Output}{result.Error}".TrimEnd();
        }
    }
}
