using Edge.Server.Api.Http;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api;

/// <summary>
/// Answers with a copy of the whole database, for <c>edge-server backup</c>. Whoever may read this path may read
/// everything: of the default roles only cluster-admin may.
/// </summary>
internal sealed class BackupEndpoint(ObjectStore store, string file) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The path below the server's address.</summary>
    public const string Path = "/backup";

    public async Task Run(HttpContext http)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero))
        {
            throw Errors.TooManyRequests("another backup is under way", retryAfterSeconds: 1);
        }

        try
        {
            await store.BackUp(file, http.RequestAborted);
            await using var copy = new FileStream(file, FileMode.Open, FileAccess.Read);
            // Open is enough: nothing is left behind, however the client leaves.
            File.Delete(file);
            http.Response.ContentType = "application/vnd.sqlite3";
            http.Response.ContentLength = copy.Length;
            await copy.CopyToAsync(http.Response.Body, http.RequestAborted);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
