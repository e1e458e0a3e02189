using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Api.Http;

namespace Edge.Server.Api.Tokens;

/// <summary>
/// Signs claims as a JSON web token and reads back what it has signed (RFC 7515, ES256). No other algorithm and no
/// other key is taken, whatever a token says of itself.
/// </summary>
internal sealed class TokenSigner
{
    public const string Algorithm = "ES256";

    /// <summary>
    /// Checking a signature takes 0.1 ms; a client sends the same token with every request. A fleet's operators have
    /// fewer tokens than this, of 1 KiB each.
    /// </summary>
    private const int KnownMax = 1024;

    /// <summary>No token of ours is longer; audiences are what makes one long.</summary>
    private const int BytesMax = 16 * 1024;

    private readonly ECDsa _key;
    private readonly Lock _gate = new();
    private readonly string _header;
    private readonly ConcurrentDictionary<string, TokenClaims> _known = new(StringComparer.Ordinal);

    public TokenSigner(ECDsa key)
    {
        _key = key;
        KeyId = Base64Url.EncodeToString(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        _header = Encoded(new JsonObject { ["alg"] = Algorithm, ["kid"] = KeyId });
    }

    /// <summary>Names the key: a hash of its public half, as kube-apiserver makes it.</summary>
    public string KeyId { get; }

    /// <summary>The public half of the key, as verifiers elsewhere read it (RFC 7517).</summary>
    public JsonObject PublicKey()
    {
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["use"] = "sig",
            ["kty"] = "EC",
            ["kid"] = KeyId,
            ["crv"] = "P-256",
            ["alg"] = Algorithm,
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    public string Sign(TokenClaims claims)
    {
        var text = $"{_header}.{Encoded(claims.ToJson())}";
        lock (_gate)
        {
            var signature = _key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256);
            return $"{text}.{Base64Url.EncodeToString(signature)}";
        }
    }

    /// <summary>What a token of ours says, expired or not; null when this key has not signed it.</summary>
    public TokenClaims? Read(string token)
    {
        if (_known.TryGetValue(token, out var known))
        {
            return known;
        }

        if (token.Length > BytesMax || Verified(token) is not { } claims)
        {
            return null;
        }

        if (_known.Count >= KnownMax)
        {
            _known.Clear();
        }

        _known[token] = claims;
        return claims;
    }

    private TokenClaims? Verified(string token)
    {
        // The header must be ours to the letter: it then names this key and this algorithm, and nothing else.
        if (token.Split('.') is not [var header, var body, var signature] || header != _header)
        {
            return null;
        }

        try
        {
            var signed = Encoding.ASCII.GetBytes($"{header}.{body}");
            var given = Base64Url.DecodeFromChars(signature);
            lock (_gate)
            {
                if (!_key.VerifyData(signed, given, HashAlgorithmName.SHA256))
                {
                    return null;
                }
            }

            return JsonNode.Parse(Base64Url.DecodeFromChars(body)) is JsonObject claims
                ? TokenClaims.Read(claims)
                : null;
        }
        catch (Exception broken) when (broken is FormatException or CryptographicException or JsonException)
        {
            return null;
        }
    }

    private static string Encoded(JsonObject json) => Base64Url.EncodeToString(ResponseBody.Bytes(json).Span);
}
