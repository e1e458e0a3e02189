using System.Globalization;
using Edge.Server.Schema;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Http;

/// <summary>Kubernetes' query parameters.</summary>
internal sealed class RequestQuery(IQueryCollection query)
{
    public string Text(string name) => query[name].ToString();

    public bool Has(string name) => query.ContainsKey(name);

    /// <summary>As upstream: only absent, 0 and false are false, so <c>?watch=</c> is true.</summary>
    public bool Flag(string name) =>
        query.TryGetValue(name, out var value) && value.ToString().ToLowerInvariant() is not ("0" or "false");

    public long? Number(string name)
    {
        var text = Text(name);
        if (text.Length == 0)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Errors.BadRequest($"unable to parse query parameter {name}: invalid number \"{text}\"");
    }

    /// <summary>Null when absent or empty.</summary>
    public long? ResourceVersion()
    {
        var text = Text("resourceVersion");
        if (text.Length == 0)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : throw Errors.InvalidOptions("ListOptions", "resourceVersion", "FieldValueInvalid",
                $"Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax");
    }

    public bool DryRun()
    {
        var values = query["dryRun"];
        if (values.Count == 0 || values.All(string.IsNullOrEmpty))
        {
            return false;
        }

        return values.All(value => value == "All")
            ? true
            : throw Errors.InvalidOptions("CreateOptions", "dryRun", "FieldValueNotSupported",
                $"Unsupported value: \"{values}\": supported values: \"All\"");
    }

    /// <summary>Absent means Warn, as for upstream's built-in kinds.</summary>
    public FieldValidation Validation() => Text("fieldValidation") switch
    {
        "" or "Warn" => FieldValidation.Warn,
        "Strict" => FieldValidation.Strict,
        "Ignore" => FieldValidation.Ignore,
        var other => throw Errors.InvalidOptions("CreateOptions", "fieldValidation", "FieldValueNotSupported",
            $"Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\""),
    };
}
