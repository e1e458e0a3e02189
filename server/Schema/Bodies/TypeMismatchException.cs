namespace Edge.Server.Schema.Bodies;

/// <summary>A body holds a value that its field cannot take. Never leaves <see cref="ObjectDecoder"/>.</summary>
internal sealed class TypeMismatchException(string message) : Exception(message);
