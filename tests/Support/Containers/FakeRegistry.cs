using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Edge.Tests.Support.Containers;

/// <summary>
/// A registry that speaks the distribution protocol on loopback and can be told to misbehave: cut a blob, serve other
/// bytes, ask for credentials, redirect blobs to another host, answer 429.
/// </summary>
public sealed class FakeRegistry : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentDictionary<string, byte[]> _blobs = new();
    private readonly ConcurrentDictionary<string, (string Type, byte[] Bytes)> _manifests = new();
    private readonly Task _loop;
    private int _tooManyLeft;

    public FakeRegistry()
    {
        Host = $"127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add($"http://{Host}/");
        _listener.Start();
        _loop = Task.Run(Serve);
    }

    public string Host { get; }

    /// <summary>Every request as "path [range] [authorization scheme]".</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Digest → how many bytes of each answer are sent before the connection is cut.</summary>
    public ConcurrentDictionary<string, int> CutAfter { get; } = new();

    /// <summary>After its first cut a blob is sent no further, as when the link is gone.</summary>
    public bool CutsThenRefuses { get; set; }

    /// <summary>Digest → what is sent instead.</summary>
    public ConcurrentDictionary<string, byte[]> Instead { get; } = new();

    /// <summary>"user:password" wanted by Basic, or by the token endpoint when <see cref="Bearer"/>.</summary>
    public string? Credentials { get; set; }

    public bool Bearer { get; set; }

    public bool Ranges { get; set; } = true;

    /// <summary>Another registry's host that blobs are redirected to.</summary>
    public string? RedirectBlobsTo { get; set; }

    public int TooManyRequests
    {
        set => _tooManyLeft = value;
    }

    public string Add(TinyImage image, string repository, string tag)
    {
        foreach (var (digest, bytes) in image.Blobs)
        {
            _blobs[digest] = bytes;
            _manifests[$"{repository}@{digest}"] = ("application/vnd.oci.image.manifest.v1+json", bytes);
        }

        var top = (image.TopMediaType, image.Blobs[image.TopDigest]);
        _manifests[$"{repository}@{image.TopDigest}"] = top;
        _manifests[$"{repository}@{tag}"] = top;
        return $"{Host}/{repository}:{tag}";
    }

    public void Dispose()
    {
        _listener.Close();
        GC.SuppressFinalize(this);
    }

    private async Task Serve()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => Answer(context));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        var authorization = context.Request.Headers["Authorization"];
        Requests.Enqueue($"{path} {context.Request.Headers["Range"]} {authorization?.Split(' ')[0]}".TrimEnd());
        try
        {
            if (path == "/token")
            {
                Token(context, authorization);
            }
            else if (Interlocked.Decrement(ref _tooManyLeft) >= 0)
            {
                context.Response.AddHeader("Retry-After", "0");
                Send(context, 429, "text/plain", []);
            }
            else if (!Allowed(authorization))
            {
                context.Response.AddHeader("WWW-Authenticate", Bearer
                    ? $"Bearer realm=\"http://{Host}/token\",service=\"fake\",scope=\"repository:x:pull\""
                    : "Basic realm=\"fake\"");
                Send(context, 401, "application/json", []);
            }
            else
            {
                Content(context, path);
            }
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client went away, as some tests make it do.
        }
    }

    private void Content(HttpListenerContext context, string path)
    {
        var parts = path.Split('/');
        var (kind, name) = (parts[^2], parts[^1]);
        var repository = string.Join('/', parts[2..^2]);
        if (kind == "manifests" && _manifests.TryGetValue($"{repository}@{name}", out var manifest))
        {
            Send(context, 200, manifest.Type, manifest.Bytes);
        }
        else if (kind == "blobs" && RedirectBlobsTo is { } host)
        {
            context.Response.RedirectLocation = $"http://{host}{path}";
            Send(context, 307, "text/plain", []);
        }
        else if (kind == "blobs" && _blobs.TryGetValue(name, out var blob))
        {
            Blob(context, name, Instead.GetValueOrDefault(name, blob));
        }
        else
        {
            Send(context, 404, "application/json", "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\"}]}"u8.ToArray());
        }
    }

    private void Blob(HttpListenerContext context, string digest, byte[] bytes)
    {
        var range = context.Request.Headers["Range"];
        var from = Ranges && range is not null ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : 0;
        if (Ranges && range is not null)
        {
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{bytes.Length - 1}/{bytes.Length}");
        }

        context.Response.ContentLength64 = bytes.Length - from;
        if (CutAfter.TryGetValue(digest, out var cut) && cut < bytes.Length - from)
        {
            context.Response.OutputStream.Write(bytes, from, cut);
            context.Response.OutputStream.Flush();
            CutAfter[digest] = CutsThenRefuses ? 0 : cut;
            context.Response.Abort();
            return;
        }

        context.Response.OutputStream.Write(bytes, from, bytes.Length - from);
        context.Response.Close();
    }

    private void Token(HttpListenerContext context, string? authorization)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var form = reader.ReadToEnd();
        var (user, password) = Credentials?.Split(':') is [var u, var p] ? (u, p) : ("", "");
        var ok = Credentials is null
            || authorization == $"Basic {Base64(Credentials)}"
            || (form.Contains($"username={user}", StringComparison.Ordinal)
                && form.Contains($"password={password}", StringComparison.Ordinal));
        Send(context, ok ? 200 : 401, "application/json", "{\"token\":\"let-me-in\",\"expires_in\":300}"u8.ToArray());
    }

    private bool Allowed(string? authorization) => Bearer
        ? authorization == "Bearer let-me-in"
        : Credentials is null || authorization == $"Basic {Base64(Credentials)}";

    private static void Send(HttpListenerContext context, int status, string type, byte[] bytes)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength64 = bytes.Length;
        context.Response.OutputStream.Write(bytes);
        context.Response.Close();
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
