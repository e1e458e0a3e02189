using System.Buffers.Binary;
using System.Text;

namespace Edge.Server.Api.Streams.Spdy;

/// <summary>The text that both ends of SPDY/3 know before the first header (section 2.6.10.1 of its draft).</summary>
internal static class SpdyDictionary
{
    /// <summary>Its Adler-32, by which a compressed stream names it.</summary>
    public const uint Id = 0xE3C6A7C2;

    private const string Words =
        "options,head,post,put,delete,trace,accept,accept-charset,accept-encoding,accept-language,accept-ranges,age,"
        + "allow,authorization,cache-control,connection,content-base,content-encoding,content-language,content-length,"
        + "content-location,content-md5,content-range,content-type,date,etag,expect,expires,from,host,if-match,"
        + "if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,location,max-forwards,pragma,"
        + "proxy-authenticate,proxy-authorization,range,referer,retry-after,server,te,trailer,transfer-encoding,"
        + "upgrade,user-agent,vary,via,warning,www-authenticate,method,get,status,200 OK,version,HTTP/1.1,url,public,"
        + "set-cookie,keep-alive,origin";

    private const string Tail =
        "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
        + "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
        + "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
        + "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
        + "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
        + "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

    /// <summary>Each word after its length in four bytes, then the tail.</summary>
    public static byte[] Make()
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var word in Words.Split(','))
        {
            BinaryPrimitives.WriteInt32BigEndian(length, word.Length);
            bytes.Write(length);
            bytes.Write(Encoding.ASCII.GetBytes(word));
        }

        bytes.Write(Encoding.ASCII.GetBytes(Tail));
        return bytes.ToArray();
    }
}
