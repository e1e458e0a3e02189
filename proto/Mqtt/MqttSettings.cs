namespace Edge.Proto.Mqtt;

/// <summary>Where a session connects and what it says of itself when it is gone.</summary>
public sealed record MqttSettings
{
    /// <summary>Host name or address; with port 0 the path of a unix socket.</summary>
    public string Host { get; init; } = "";

    public int Port { get; init; }

    /// <summary>Asked before every connection: a client may know two brokers. By default always the same.</summary>
    public Func<(string Host, int Port)> Address { get => field ?? (() => (Host, Port)); init; }

    /// <summary>Null: as the broker names who shows this certificate, or at random.</summary>
    public string? ClientId { get; init; }

    /// <summary>Asked before every connection; null for a connection without TLS.</summary>
    public Func<MqttTls>? Tls { get; init; }

    public MqttLogin? Login { get; init; }

    /// <summary>
    /// After so long without a packet the broker is asked for a sign of life. By TCP it is enough that what is sent is
    /// acknowledged (<see cref="UnacknowledgedMost"/>): an answer would cost more than what it answers.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(120);

    public IReadOnlyList<string> Subscriptions { get; init; } = [];

    /// <summary>
    /// What is published again and again: where the broker takes aliases, its name travels once a connection.
    /// </summary>
    public string? FrequentTopic { get; init; }

    /// <summary>Asked before every connection: what the broker says when this connection breaks. Retained.</summary>
    public Func<MqttMessage?>? Will { get; init; }

    /// <summary>
    /// Called from the loop's thread when <see cref="MqttSession.Events"/> has something; returns at once.
    /// </summary>
    public Action? Notify { get; init; }

    /// <summary>
    /// What is sent by TCP and not acknowledged for so long ends the connection: it is half open. Eight tries of the
    /// kernel, so that a link that loses half of all packets is still one.
    /// </summary>
    public TimeSpan UnacknowledgedMost { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>First and longest wait between two attempts to connect.</summary>
    public TimeSpan RetryLeast { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan RetryMost { get; init; } = TimeSpan.FromSeconds(300);
}

/// <summary>PEM files: whom to trust, and who we are. Read anew for every connection.</summary>
public record MqttTls(string CaFile, string? CertFile, string? KeyFile)
{
    /// <summary>Not to a broker that asks for a password instead.</summary>
    public bool ShowsCertificate { get; init; } = true;
}

/// <summary>
/// For a broker that asks for a name and a password: the first line of the file, read anew for every connection.
/// </summary>
public sealed record MqttLogin(string User, string PasswordFile);

/// <summary>One publish, out or in.</summary>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload);

/// <summary>What a session tells its owner, in order.</summary>
public abstract record MqttEvent
{
    /// <param name="Shown">What this connection was made with.</param>
    public sealed record Connected(MqttTls? Shown = null) : MqttEvent;

    public sealed record Disconnected(string Reason) : MqttEvent;

    public sealed record Received(MqttMessage Message) : MqttEvent;
}
