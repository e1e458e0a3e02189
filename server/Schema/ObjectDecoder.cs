using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema.Apply;
using Edge.Server.Schema.Bodies;
using YamlDotNet.Core;

namespace Edge.Server.Schema;

/// <summary>Bodies to trees: reads, checks types, drops what the schema does not know, and says so.</summary>
internal static class ObjectDecoder
{
    public static DecodeResult FromJson(ResourceSchema schema, ReadOnlyMemory<byte> body, FieldValidation validation)
    {
        try
        {
            var (tree, duplicates) = JsonTreeReader.Read(body.Span);
            return Decode(schema, tree, duplicates, validation);
        }
        catch (JsonException fault)
        {
            return Unreadable(schema, "json parse error", fault);
        }
    }

    public static DecodeResult FromYaml(ResourceSchema schema, ReadOnlyMemory<byte> body, FieldValidation validation)
    {
        try
        {
            var (tree, duplicates) = YamlTreeReader.Read(body.Span);
            return Decode(schema, tree, duplicates, validation);
        }
        catch (YamlException fault)
        {
            return Unreadable(schema, "yaml parse error", fault);
        }
    }

    public static DecodeResult FromProtobuf(ResourceSchema schema, ReadOnlyMemory<byte> body)
    {
        try
        {
            // Unknown numbers come from a newer client; upstream drops them without a word as well.
            return Decode(schema, ProtobufBody.ToJson(schema, body.Span), [], FieldValidation.Ignore);
        }
        catch (Exception fault) when (fault is FormatException or JsonException)
        {
            return Unreadable(schema, "protobuf parse error", fault);
        }
    }

    /// <summary>
    /// An object to be applied, JSON or YAML. Whatever the validation, it may hold no field that is not known; its
    /// nulls stay.
    /// </summary>
    public static DecodeResult FromApply(ResourceSchema schema, ReadOnlyMemory<byte> body, FieldValidation validation)
    {
        try
        {
            var (tree, duplicates) = ReadAny(body.Span);
            if (tree is not JsonObject obj)
            {
                return new DecodeResult.Failed("error decoding YAML: an object is expected");
            }

            if (obj.Object("metadata")?["managedFields"] is not null)
            {
                return new DecodeResult.Failed("metadata.managedFields must be nil");
            }

            if (TypeFault(schema, obj) is { } fault)
            {
                return new DecodeResult.Failed(fault);
            }

            if (validation == FieldValidation.Strict && duplicates.Count > 0)
            {
                var strict = string.Join(", ", duplicates.Select(path => $"duplicate field \"{path}\""));
                return new DecodeResult.Failed($"error strict decoding YAML: {strict}");
            }

            return ApplyCheck.Fault(schema, obj) is { } refused
                ? new DecodeResult.Failed(refused)
                : Decode(schema, obj, duplicates, validation, keepNulls: true);
        }
        catch (YamlException broken)
        {
            return new DecodeResult.Failed($"error decoding YAML: {broken.Message}");
        }
    }

    /// <summary>The same checks on a tree that a patch has made; the tree is changed in place.</summary>
    public static DecodeResult FromTree(
        ResourceSchema schema, JsonObject tree, FieldValidation validation, IReadOnlyList<string>? duplicates = null) =>
        Decode(schema, tree, duplicates ?? [], validation);

    private static DecodeResult Decode(
        ResourceSchema schema, JsonNode? tree, IReadOnlyList<string> duplicates, FieldValidation validation,
        bool keepNulls = false)
    {
        if (tree is not JsonObject obj)
        {
            return new DecodeResult.Failed(
                $"the object provided is unrecognized (must be of type {schema.Kind}): couldn't get version/kind");
        }

        if (TypeFault(schema, obj) is { } fault)
        {
            return new DecodeResult.Failed(fault);
        }

        var check = new TreeCheck { KeepNulls = keepNulls };
        try
        {
            check.Object(schema.Tree, obj, "");
        }
        catch (TypeMismatchException mismatch)
        {
            return new DecodeResult.Failed(CannotHandle(schema, mismatch.Message));
        }

        obj["apiVersion"] ??= schema.ApiVersion;
        obj["kind"] ??= schema.Kind;
        var strict = check.Unknown.Select(path => $"unknown field \"{path}\"")
            .Concat(duplicates.Select(path => $"duplicate field \"{path}\"")).ToList();
        if (validation == FieldValidation.Strict && strict.Count > 0)
        {
            return new DecodeResult.Failed(
                CannotHandle(schema, $"strict decoding error: {string.Join(", ", strict)}"));
        }

        var notes = check.Unsupported.Select(path => $"{path}: stored, but Edge does not act on this field yet");
        if (schema.Unsupported)
        {
            notes = notes.Prepend($"{schema.Kind}: stored, but Edge does not act on this kind yet");
        }

        return new DecodeResult.Decoded(
            obj, validation == FieldValidation.Warn ? [.. strict, .. notes] : [.. notes]);
    }

    /// <summary>Most bodies that call themselves YAML are JSON, which is read faster as what it is.</summary>
    private static (JsonNode? Tree, IReadOnlyList<string> Duplicates) ReadAny(ReadOnlySpan<byte> body)
    {
        if (body.TrimStart(" \t\r\n"u8) is not [(byte)'{', ..])
        {
            return YamlTreeReader.Read(body);
        }

        try
        {
            return JsonTreeReader.Read(body);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return YamlTreeReader.Read(body);
        }
    }

    /// <summary>A body may leave out apiVersion and kind, but may not name others than the endpoint's.</summary>
    private static string? TypeFault(ResourceSchema schema, JsonObject obj)
    {
        var (version, kind) = (obj.Text("apiVersion"), obj.Text("kind"));
        if (schema.Group == SchemaCatalog.MetaGroup)
        {
            return kind.Length == 0 || kind == schema.Kind
                ? null : $"{kind} in version \"{version}\" cannot be handled as a {schema.Kind}";
        }

        if (kind.Length > 0 && kind != schema.Kind)
        {
            return $"{kind} in version \"{version}\" cannot be handled as a {schema.Kind}: "
                + $"no kind \"{kind}\" is registered for this endpoint";
        }

        return version.Length == 0 || version == schema.ApiVersion
            ? null
            : $"the API version in the data ({version}) does not match the expected API version ({schema.ApiVersion})";
    }

    /// <summary>
    /// Why an object cannot be read, without the words that the sender of a whole object is told first.
    /// </summary>
    public static string Reason(ResourceSchema schema, DecodeResult.Failed failed)
    {
        var before = CannotHandle(schema, "");
        return failed.Message.StartsWith(before, StringComparison.Ordinal)
            ? failed.Message[before.Length..] : failed.Message;
    }

    private static string CannotHandle(ResourceSchema schema, string reason) =>
        $"{schema.Kind} in version \"{schema.Version}\" cannot be handled as a {schema.Kind}: {reason}";

    private static DecodeResult.Failed Unreadable(ResourceSchema schema, string what, Exception fault) => new(
        $"the object provided is unrecognized (must be of type {schema.Kind}): couldn't get version/kind; {what}: "
        + (fault is JsonException json ? JsonTreeReader.Describe(json) : fault.Message));
}
