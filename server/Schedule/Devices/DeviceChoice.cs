namespace Edge.Server.Schedule.Devices;

/// <summary>
/// Which devices of a node a pod gets: those closest to each other; of equal ones those that leave the others closest.
/// What is shared goes to the least used first. Pure.
/// </summary>
internal static class DeviceChoice
{
    /// <summary>
    /// Sets that are looked at one by one (8 of 16 GPUs have 12,870); of more only those that grow from each device by
    /// the nearest next, which finds a whole board or switch as well.
    /// </summary>
    private const int SetsMax = 15_000;

    /// <summary>Null when there are too few.</summary>
    /// <param name="room">What the node has left for the pod.</param>
    /// <param name="resource">What is asked for.</param>
    /// <param name="count">How many.</param>
    public static DeviceSet? Pick(in DeviceRoom room, string resource, int count)
    {
        var devices = room.Devices;
        var free = new List<int>();
        var shares = 0;
        var isShared = false;
        for (var at = 0; at < devices.All.Count; at++)
        {
            var device = devices.All[at];
            if (device.Resource == resource && room.Left(at) is > 0 and var left)
            {
                free.Add(at);
                shares += left;
                isShared |= device.Shares > 1;
            }
        }

        var topology = devices.Topology;
        if (shares < count || isShared)
        {
            return shares < count ? null : Set(topology, LeastUsed(room, free, count));
        }

        var name = topology.Name(free);
        return topology.Chosen(name, count) ?? topology.Remember(name, count, Set(
            topology,
            free.Count == count ? [.. free]
            : Sets(free.Count, count) <= SetsMax ? Closest(topology, free, count)
            : Grown(topology, free, count)));
    }

    private static DeviceSet Set(DeviceTopology topology, int[] positions) =>
        new(positions, Within(topology, positions));

    /// <summary>The closeness within a set.</summary>
    private static int Within(DeviceTopology topology, ReadOnlySpan<int> set)
    {
        var sum = 0;
        for (var one = 0; one < set.Length; one++)
        {
            for (var other = one + 1; other < set.Length; other++)
            {
                sum += topology.Closeness(set[one], set[other]);
            }
        }

        return sum;
    }

    private static int[] LeastUsed(DeviceRoom room, List<int> free, int count)
    {
        var taken = new int[room.Devices.All.Count];
        var picked = new int[count];
        for (var pick = 0; pick < count; pick++)
        {
            var best = -1;
            foreach (var at in free)
            {
                if (taken[at] < room.Left(at) && (best < 0 || Used(at) < Used(best)))
                {
                    best = at;
                }
            }

            picked[pick] = best;
            taken[best]++;
        }

        Array.Sort(picked);
        return picked;

        int Used(int at) => (room.Use?[at] ?? 0) + taken[at];
    }

    private static int[] Closest(DeviceTopology topology, List<int> free, int count)
    {
        var indexes = new int[count];
        for (var at = 0; at < count; at++)
        {
            indexes[at] = at;
        }

        var best = new Best(topology, free);
        do
        {
            best.Offer(indexes);
        }
        while (Next(indexes, free.Count));
        return best.Set!;
    }

    private static int[] Grown(DeviceTopology topology, List<int> free, int count)
    {
        var best = new Best(topology, free);
        for (var seed = 0; seed < free.Count; seed++)
        {
            var set = new List<int> { seed };
            while (set.Count < count)
            {
                var (next, closeness) = (-1, -1);
                for (var at = 0; at < free.Count; at++)
                {
                    var sum = set.Contains(at) ? -1 : set.Sum(member => topology.Closeness(free[member], free[at]));
                    if (sum > closeness)
                    {
                        (next, closeness) = (at, sum);
                    }
                }

                set.Add(next);
            }

            set.Sort();
            best.Offer([.. set]);
        }

        return best.Set!;
    }

    /// <summary>The next set in the order of its members; false after the last.</summary>
    private static bool Next(int[] indexes, int of)
    {
        var at = indexes.Length - 1;
        while (at >= 0 && indexes[at] == of - indexes.Length + at)
        {
            at--;
        }

        if (at < 0)
        {
            return false;
        }

        indexes[at]++;
        for (var after = at + 1; after < indexes.Length; after++)
        {
            indexes[after] = indexes[after - 1] + 1;
        }

        return true;
    }

    /// <summary>How many sets there are, or more than <see cref="SetsMax"/>.</summary>
    private static long Sets(int of, int count)
    {
        var sets = 1L;
        for (var at = 1; at <= count && sets <= SetsMax; at++)
        {
            sets = sets * (of - count + at) / at;
        }

        return sets;
    }

    /// <summary>The best set so far; the first of equal ones stays.</summary>
    private sealed class Best(DeviceTopology topology, List<int> free)
    {
        private int _within = -1;
        private int _across;

        public int[]? Set { get; private set; }

        public void Offer(int[] indexes)
        {
            var set = Array.ConvertAll(indexes, at => free[at]);
            var within = Within(topology, set);
            if (within < _within)
            {
                return;
            }

            var across = 0;
            foreach (var at in free)
            {
                if (Array.IndexOf(set, at) < 0)
                {
                    foreach (var member in set)
                    {
                        across += topology.Closeness(member, at);
                    }
                }
            }

            if (within > _within || across < _across)
            {
                (Set, _within, _across) = (set, within, across);
            }
        }
    }
}
