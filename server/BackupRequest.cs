using Edge.Proto;
using Edge.Server.Api;

namespace Edge.Server;

/// <summary>Fetches a backup of a running server, as the administrator of a kubeconfig.</summary>
internal static class BackupRequest
{
    /// <summary>The file is whole and on disk when it is there under its name.</summary>
    public static async Task Fetch(string kubeconfig, string path, CancellationToken ct)
    {
        using var client = await AdminClient.Open(kubeconfig, ct);
        using var answer = await client.Send(HttpMethod.Get, BackupEndpoint.Path, content: null, ct);
        var draft = path + ".new";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            await using (var file = new FileStream(draft, options))
            {
                // An answer that breaks off throws: its length was told.
                await answer.Content.CopyToAsync(file, ct);
            }

            DurableFile.Move(draft, path);
        }
        finally
        {
            File.Delete(draft);
        }
    }
}
