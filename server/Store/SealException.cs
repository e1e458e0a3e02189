namespace Edge.Server.Store;

/// <summary>A sealed value does not open: it was sealed with another key, or is not what was written.</summary>
internal sealed class SealException(string message, Exception cause) : Exception(message, cause);
