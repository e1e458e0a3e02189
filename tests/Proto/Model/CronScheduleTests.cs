using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Tests.Proto.Model;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("* * * * *", "2026-01-01T12:00:00", "2026-01-01T12:01:00")]
    [InlineData("*/15 * * * *", "2026-01-01T12:00:01", "2026-01-01T12:15:00")]
    [InlineData("5/20 * * * *", "2026-01-01T12:26:00", "2026-01-01T12:45:00")]
    [InlineData("0 0 * * *", "2026-01-01T00:00:00", "2026-01-02T00:00:00")]
    [InlineData("30 8-10,14 * * MON-fri", "2026-01-02T10:30:00", "2026-01-02T14:30:00")]
    [InlineData("30 8-10,14 * * MON-fri", "2026-01-02T14:30:00", "2026-01-05T08:30:00")]
    [InlineData("0 12 ? JAN,jul ?", "2026-02-01T00:00:00", "2026-07-01T12:00:00")]
    [InlineData("0 0 13 * 5", "2026-01-03T00:00:00", "2026-01-09T00:00:00")]
    [InlineData("0 0 13 * 5", "2026-01-10T00:00:00", "2026-01-13T00:00:00")]
    [InlineData("0 0 */2 * 5", "2026-01-10T00:00:00", "2026-01-11T00:00:00")]
    [InlineData("0 0 * * 5", "2026-01-10T00:00:00", "2026-01-16T00:00:00")]
    [InlineData("0 0 31 * *", "2026-01-31T00:00:00", "2026-03-31T00:00:00")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00")]
    [InlineData("59 23 31 12 *", "2026-12-31T23:59:00", "2027-12-31T23:59:00")]
    [InlineData("@yearly", "2026-01-01T00:00:00", "2027-01-01T00:00:00")]
    [InlineData("@monthly", "2026-01-31T00:00:00", "2026-02-01T00:00:00")]
    [InlineData("@weekly", "2026-01-01T00:00:00", "2026-01-04T00:00:00")]
    [InlineData("@midnight", "2026-01-01T12:00:00", "2026-01-02T00:00:00")]
    [InlineData("@hourly", "2026-01-01T12:00:00", "2026-01-01T13:00:00")]
    [InlineData("@every 1h30m", "2026-01-01T12:00:00.5", "2026-01-01T13:30:00")]
    [InlineData("@every 10ms", "2026-01-01T12:00:00", "2026-01-01T12:00:01")]
    public void A_schedule_names_its_next_time(string text, string after, string next) =>
        Assert.Equal(Utc(next), Parsed(text).Next(Utc(after), TimeZoneInfo.Utc));

    [Theory]
    [InlineData("0 0 30 2 *")]
    [InlineData(", 0 1 1 *")]
    public void A_schedule_that_never_comes_has_no_next_time(string text) =>
        Assert.Null(Parsed(text).Next(Utc("2026-01-01T00:00:00"), TimeZoneInfo.Utc));

    [Theory]
    // The hour that is left out in spring is left out.
    [InlineData("30 2 * * *", "2026-03-28T12:00:00+01:00", "2026-03-30T02:30:00+02:00")]
    [InlineData("0 * * * *", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00")]
    // The hour that comes twice in autumn is used twice.
    [InlineData("30 2 * * *", "2026-10-25T00:00:00+02:00", "2026-10-25T02:30:00+02:00")]
    [InlineData("30 2 * * *", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")]
    [InlineData("30 2 * * *", "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00")]
    [InlineData("0 9 * * *", "2026-07-01T08:00:00Z", "2026-07-02T09:00:00+02:00")]
    public void A_schedule_follows_the_clocks_of_its_zone(string text, string after, string next)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Zurich");

        Assert.Equal(At(next), Parsed(text).Next(At(after), zone));
    }

    [Fact]
    public void A_day_without_midnight_begins_at_its_first_hour()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo");

        Assert.Equal(At("2018-11-04T01:30:00-02:00"), Parsed("30 * 4 11 *").Next(At("2018-10-01T00:00:00Z"), zone));
    }

    [Theory]
    [InlineData("", "empty spec string")]
    [InlineData("* * * *", "expected exactly 5 fields, found 4: [* * * *]")]
    [InlineData("0 0 0 0 0 0", "expected exactly 5 fields, found 6: [0 0 0 0 0 0]")]
    [InlineData("60 * * * *", "end of range (60) above maximum (59): 60")]
    [InlineData("* * 0 * *", "beginning of range (0) below minimum (1): 0")]
    [InlineData("* * * * 7", "end of range (7) above maximum (6): 7")]
    [InlineData("10-5 * * * *", "beginning of range (10) beyond end of range (5): 10-5")]
    [InlineData("1-2-3 * * * *", "too many hyphens: 1-2-3")]
    [InlineData("1/2/3 * * * *", "too many slashes: 1/2/3")]
    [InlineData("*/0 * * * *", "step of range should be a positive number: */0")]
    [InlineData("*/-2 * * * *", "negative number (-2) not allowed: -2")]
    [InlineData("a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax")]
    [InlineData("* * * MON *", "failed to parse int from MON: strconv.Atoi: parsing \"MON\": invalid syntax")]
    [InlineData("@reboot", "unrecognized descriptor: @reboot")]
    [InlineData("@every x", "failed to parse duration @every x: time: invalid duration \"x\"")]
    public void A_text_that_is_no_schedule_says_why(string text, string fault)
    {
        Assert.Null(CronSchedule.Parse(text, out var message));
        Assert.Equal(fault, message);
    }

    [Theory]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5s", 1.5)]
    [InlineData("-2m", -120)]
    [InlineData("0", 0)]
    [InlineData("250ms", 0.25)]
    public void A_duration_reads_as_Go_writes_it(string text, double seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration, out _));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("-", "time: invalid duration \"-\"")]
    [InlineData("5", "time: missing unit in duration \"5\"")]
    [InlineData("5d", "time: unknown unit \"d\" in duration \"5d\"")]
    [InlineData("9999999h", "time: invalid duration \"9999999h\"")]
    public void A_text_that_is_no_duration_says_why(string text, string fault)
    {
        Assert.False(GoDuration.TryParse(text, out _, out var message));
        Assert.Equal(fault, message);
    }

    private static CronSchedule Parsed(string text) =>
        CronSchedule.Parse(text, out var fault) ?? throw new InvalidOperationException(fault);

    private static DateTimeOffset Utc(string text) => At(text + "Z");

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
