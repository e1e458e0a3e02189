using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Store;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api;

/// <summary>
/// Answers with a copy of the whole database, for <c>edge-server backup</c>: to those who may do everything, because it
/// shows everything.
/// </summary>
internal sealed class BackupEndpoint : IDisposable
{
    /// <summary>The path below the server's address.</summary>
    public const string Path = "/backup";

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ObjectStore _store;
    private readonly string _file;
    private readonly Authorizer _authorizer;

    /// <param name="store">What is copied.</param>
    /// <param name="file">Where the copy lies for a moment; what a crash left of one goes now.</param>
    /// <param name="authorizer">Says who may do everything.</param>
    public BackupEndpoint(ObjectStore store, string file, Authorizer authorizer)
    {
        (_store, _file, _authorizer) = (store, file, authorizer);
        File.Delete(file);
        File.Delete(file + "-journal");
    }

    /// <exception cref="StatusException">403; 405; 429 while another one is made.</exception>
    public async Task Run(HttpContext http, UserInfo user)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            throw Errors.MethodNotAllowed(http.Request.Method, "");
        }

        // A right to read all paths is no right to read all objects; only rules for anything grant this.
        var everything = AccessRequest.OfResource("*", "*", "*", "", "");
        if (_authorizer.Decide(user, everything) is { Allowed: false } refused)
        {
            throw Refusals.Of(user, everything, refused);
        }

        if (!await _one.WaitAsync(TimeSpan.Zero))
        {
            throw Errors.TooManyRequests("another backup is under way", retryAfterSeconds: 1);
        }

        try
        {
            await _store.BackUp(_file, http.RequestAborted);
            await using var copy = new FileStream(_file, FileMode.Open, FileAccess.Read);
            // Open is enough: nothing is left behind, however the client leaves.
            File.Delete(_file);
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
