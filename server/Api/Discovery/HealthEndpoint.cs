using System.Text;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Discovery;

/// <summary>Something that must hold for the server to be well.</summary>
internal sealed record HealthCheck(string Name, Func<bool> Holds);

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c>, each check by itself below them, with <c>verbose</c> and
/// <c>exclude</c> and in the words of kube-apiserver.
/// </summary>
internal sealed class HealthEndpoint(params IReadOnlyList<HealthCheck> checks)
{
    public static bool Answers(string name) => name is "healthz" or "livez" or "readyz";

    /// <param name="http">The request.</param>
    /// <param name="name">Which of the three is asked.</param>
    /// <param name="check">One check by name; null for all.</param>
    public Task Run(HttpContext http, string name, string? check)
    {
        if (check is not null)
        {
            var one = checks.FirstOrDefault(known => known.Name == check) ?? throw Errors.NoSuchPath();
            return one.Holds() ? Write(http, 200, "ok") : Write(http, 500, "internal server error: reason withheld\n");
        }

        var excluded = http.Request.Query["exclude"].OfType<string>().ToHashSet();
        var lines = new StringBuilder();
        var well = true;
        foreach (var known in checks)
        {
            var holds = excluded.Remove(known.Name) ? (bool?)null : known.Holds();
            well &= holds != false;
            lines.Append(holds switch
            {
                null => $"[+]{known.Name} excluded: ok\n",
                true => $"[+]{known.Name} ok\n",
                false => $"[-]{known.Name} failed: reason withheld\n",
            });
        }

        if (excluded.Count > 0)
        {
            var names = string.Join(", ", excluded.Select(other => $"\"{other}\""));
            lines.Append($"warn: some health checks cannot be excluded: no matches for {names}\n");
        }

        lines.Append($"{name} check {(well ? "passed" : "failed")}\n");
        var told = !well || http.Request.Query.ContainsKey("verbose");
        return Write(http, well ? 200 : 500, told ? lines.ToString() : "ok");
    }

    private static Task Write(HttpContext http, int status, string text)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache, private";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return ResponseBody.Write(http.Response, status, Encoding.UTF8.GetBytes(text));
    }
}
