namespace Edge.Proto.Model;

/// <summary>
/// When a CronJob makes jobs (batch/v1 CronJobSpec.schedule): minute, hour, day of month, month and day of week, or a
/// word such as <c>@daily</c> or <c>@every 90m</c>. When both days are restricted, one of them is enough. An hour that
/// a time zone leaves out is left out; one that it repeats is used twice.
/// </summary>
public sealed class CronSchedule
{
    /// <summary>A schedule whose next time is further away, such as 30 February, has none.</summary>
    private const int MaxYears = 5;

    private readonly CronField _minutes;
    private readonly CronField _hours;
    private readonly CronField _days;
    private readonly CronField _months;
    private readonly CronField _weekDays;
    private readonly TimeSpan? _every;

    private CronSchedule(TimeSpan every) => _every = every;

    private CronSchedule(IReadOnlyList<CronField> fields) =>
        (_minutes, _hours, _days, _months, _weekDays) = (fields[0], fields[1], fields[2], fields[3], fields[4]);

    /// <summary>Null when the text is no schedule; then the fault is Kubernetes' message.</summary>
    public static CronSchedule? Parse(string text, out string fault)
    {
        if (text.StartsWith('@'))
        {
            return Word(text, out fault);
        }

        var parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != CronBounds.All.Count)
        {
            fault = text.Length == 0
                ? "empty spec string"
                : $"expected exactly {CronBounds.All.Count} fields, found {parts.Length}: [{string.Join(' ', parts)}]";
            return null;
        }

        var fields = new List<CronField>();
        for (var at = 0; at < parts.Length; at++)
        {
            if (!CronField.TryParse(parts[at], CronBounds.All[at], out var field, out fault))
            {
                return null;
            }

            fields.Add(field);
        }

        fault = "";
        return new CronSchedule(fields);
    }

    /// <summary>
    /// The first time after <paramref name="after"/>, of whole seconds, as the zone's clocks show it; null when there
    /// is none within five years.
    /// </summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var second = after.AddTicks(-(after.Ticks % TimeSpan.TicksPerSecond));
        if (_every is { } delay)
        {
            return TimeZoneInfo.ConvertTime(second + delay, zone);
        }

        var time = TimeZoneInfo.ConvertTime(second.AddSeconds(1), zone);
        var lastYear = time.Year + MaxYears;
        while (time.Year <= lastYear)
        {
            if (Later(time, zone) is not { } later)
            {
                return time;
            }

            time = TimeZoneInfo.ConvertTime(later, zone);
        }

        return null;
    }

    /// <summary>The start of the next month, day, hour or minute where one does not fit; null when all fit.</summary>
    private DateTimeOffset? Later(DateTimeOffset time, TimeZoneInfo zone)
    {
        if (!_months.Has(time.Month))
        {
            return StartOf(new DateTime(time.Year, time.Month, 1).AddMonths(1), zone);
        }

        if (!FitsDay(time))
        {
            return StartOf(time.Date.AddDays(1), zone);
        }

        // From here on in elapsed time: a clock that is set back passes the same hour again.
        var minute = time.AddSeconds(-time.Second);
        if (!_hours.Has(time.Hour))
        {
            return minute.AddMinutes(60 - time.Minute);
        }

        return !_minutes.Has(time.Minute) || time.Second != 0 ? minute.AddMinutes(1) : null;
    }

    private bool FitsDay(DateTimeOffset time)
    {
        var (day, weekDay) = (_days.Has(time.Day), _weekDays.Has((int)time.DayOfWeek));
        return _days.Any || _weekDays.Any ? day && weekDay : day || weekDay;
    }

    /// <summary>The first moment of a day, also where the clocks leave out midnight.</summary>
    private static DateTimeOffset StartOf(DateTime day, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(day))
        {
            day = day.AddMinutes(1);
        }

        return new DateTimeOffset(day, zone.IsAmbiguousTime(day)
            ? zone.GetAmbiguousTimeOffsets(day).Max()
            : zone.GetUtcOffset(day));
    }

    private static CronSchedule? Word(string text, out string fault)
    {
        const string every = "@every ";
        if (text.StartsWith(every, StringComparison.Ordinal))
        {
            if (!GoDuration.TryParse(text[every.Length..], out var delay, out fault))
            {
                fault = $"failed to parse duration {text}: {fault}";
                return null;
            }

            var seconds = Math.Max(1, (long)delay.TotalSeconds);
            return new CronSchedule(TimeSpan.FromSeconds(seconds));
        }

        var fields = text switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => null,
        };
        if (fields is not null)
        {
            return Parse(fields, out fault);
        }

        fault = $"unrecognized descriptor: {text}";
        return null;
    }
}
