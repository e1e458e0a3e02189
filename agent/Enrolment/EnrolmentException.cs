namespace Edge.Agent.Enrolment;

internal enum EnrolmentReason
{
    /// <summary>The server cannot be reached, or is in trouble itself: trying again helps.</summary>
    Unreachable,

    /// <summary>The server, or this node, refuses for good: a person has to act.</summary>
    Refused,
}

/// <summary>Enrolment did not succeed; the message says what to change.</summary>
internal sealed class EnrolmentException(EnrolmentReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public EnrolmentReason Reason { get; } = reason;
}
