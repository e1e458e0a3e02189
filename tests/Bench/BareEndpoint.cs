using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Edge.Server.Pki;
using Edge.Server.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Edge.Tests.Bench;

/// <summary>
/// The least that any API with durable writes does on this machine: Kestrel over TLS with the same group commit, and
/// nothing in between: a body is taken for what it is and given back, and nobody else is told. The JIT compiles it, not
/// the native compiler.
/// </summary>
internal sealed class BareEndpoint(KvDatabase database)
{
    public const string Command = "bare";
    public const string Address = "127.0.0.1";

    /// <summary>Told on its standard output.</summary>
    public const string Listening = "listening";

    private const int BatchMax = 512;

    private static readonly byte[] s_name = "\"name\":\""u8.ToArray();

    private readonly Channel<Put> _puts = Channel.CreateUnbounded<Put>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly ConcurrentDictionary<string, byte[]> _held = new();

    /// <summary>Answers until its standard input ends.</summary>
    public static async Task<int> Run(string folder, string port)
    {
        using var database = new KvDatabase(
            Path.Combine(folder, "bare.db"), new StoreSettings("", default).CheckpointPages);
        var endpoint = new BareEndpoint(database);
        var serving = PkiFiles.LoadOrCreate(folder, [Address]).ApiServing;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
            options.Listen(IPAddress.Parse(Address), int.Parse(port), listen => listen.UseHttps(serving)));
        await using var app = builder.Build();
        app.Run(endpoint.Answer);
        var writing = OwnThread.Run("writer", endpoint.Write);
        await app.StartAsync();
        Console.WriteLine(Listening);
        await Console.In.ReadToEndAsync();
        await app.StopAsync();
        endpoint._puts.Writer.Complete();
        await writing;
        return 0;
    }

    private async Task Answer(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (HttpMethods.IsGet(http.Request.Method))
        {
            await Answer(http.Response, StatusCodes.Status200OK, _held[path]);
            return;
        }

        var body = new byte[(int)http.Request.ContentLength!];
        await http.Request.Body.ReadExactlyAsync(body);
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var put = new Put($"{path}/{NameIn(body)}", body, durable);
        await _puts.Writer.WriteAsync(put);
        await durable.Task;
        await Answer(http.Response, StatusCodes.Status201Created, body);
    }

    private static async Task Answer(HttpResponse response, int status, byte[] body)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }

    private static string NameIn(ReadOnlySpan<byte> body)
    {
        var name = body[(body.IndexOf(s_name) + s_name.Length)..];
        return Encoding.UTF8.GetString(name[..name.IndexOf((byte)'"')]);
    }

    private async Task Write()
    {
        var batch = new List<Put>(BatchMax);
        var revision = 0L;
        while (await _puts.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && _puts.Reader.TryRead(out var put))
            {
                batch.Add(put);
            }

            database.Commit(batch.Select(put => new RowWrite(put.Key, ++revision, put.Body)), revision);
            foreach (var put in batch)
            {
                _held[put.Key] = put.Body;
                put.Durable.SetResult();
            }
        }
    }

    private sealed record Put(string Key, byte[] Body, TaskCompletionSource Durable);
}
