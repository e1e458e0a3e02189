namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// A specification that is not one, or a device that no specification has; the message is for a person.
/// </summary>
internal sealed class CdiException(string message) : Exception(message);
