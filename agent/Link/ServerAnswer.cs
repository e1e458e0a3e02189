namespace Edge.Agent.Link;

/// <summary>
/// The last heartbeat or hello that the server answered: when it was sent, as of
/// <see cref="TimeProvider.GetTimestamp"/>, and whether desired has been what the server wanted then.
/// </summary>
internal readonly record struct ServerAnswer(long SentAt, bool IsDesiredReached);
