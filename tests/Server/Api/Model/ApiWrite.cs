namespace Edge.Tests.Server.Api.Model;

/// <summary>One answered write, or read, of an object, as its client knows it.</summary>
/// <param name="Name">Of the object.</param>
/// <param name="IsRead">Whether it only looked.</param>
/// <param name="Begun">When it was sent, by a clock that all clients share and that only counts.</param>
/// <param name="Ended">When its answer was there.</param>
/// <param name="Revision">The resourceVersion in the answer.</param>
/// <param name="Base">The resourceVersion that the write was bound to; 0 for a create, null for none.</param>
internal sealed record ApiWrite(string Name, bool IsRead, long Begun, long Ended, long Revision, long? Base);
