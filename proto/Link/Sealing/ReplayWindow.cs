namespace Edge.Proto.Link.Sealing;

/// <summary>
/// The numbers of the messages that came, so that none is taken twice. They may come in any order as long as none is
/// more than <see cref="Size"/> behind the newest.
/// </summary>
internal sealed class ReplayWindow
{
    /// <summary>Packets on their way through a broker: two windows of a map's chunks and of all streams.</summary>
    public const int Size = 1024;

    private const int WordBits = 64;

    private readonly ulong[] _seen = new ulong[Size / WordBits];
    private ulong _newest;

    public bool IsNew(ulong number) => number != 0
        && (number > _newest || (_newest - number < Size && (Word(number) & Bit(number)) == 0));

    /// <summary>Only after the message proved itself: a forged number would shut out the next ones.</summary>
    public void Mark(ulong number)
    {
        if (number > _newest)
        {
            var from = number - _newest >= Size ? number - Size : _newest;
            for (var passed = from + 1; passed <= number; passed++)
            {
                Word(passed) &= ~Bit(passed);
            }

            _newest = number;
        }

        Word(number) |= Bit(number);
    }

    private static ulong Bit(ulong number) => 1ul << (int)(number % WordBits);

    private ref ulong Word(ulong number) => ref _seen[number % Size / WordBits];
}
