using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// What differs between two states of an object. <c>Changed</c> was added or has another value, <c>Removed</c> is gone;
/// an object, map or list that comes or goes as a whole is among them, besides what is in it.
/// </summary>
internal sealed record FieldComparison(FieldSet Changed, FieldSet Removed)
{
    public bool IsEmpty => Changed.IsEmpty && Removed.IsEmpty;

    /// <param name="node">The type of both.</param>
    /// <param name="old">The state before; empty for an object that is new.</param>
    /// <param name="next">The state after.</param>
    public static FieldComparison Of(SchemaNode node, JsonObject old, JsonObject next)
    {
        var walk = default(Walk);
        walk.Object(node, old, next);
        return new FieldComparison(SetOf(walk.Changed), SetOf(walk.Removed));
    }

    private static FieldSet SetOf(List<FieldSet.Node>? nodes) => nodes is null ? FieldSet.Empty : FieldSet.Of(nodes);

    public FieldComparison Within(FieldScope scope) => new(scope.Of(Changed), scope.Of(Removed));

    /// <summary>One level of both states; the lists are made when something differs.</summary>
    private struct Walk
    {
        public List<FieldSet.Node>? Changed;
        public List<FieldSet.Node>? Removed;

        /// <summary>At least one of the two is there.</summary>
        public void Object(SchemaNode node, JsonObject? old, JsonObject? next)
        {
            if (old is not null)
            {
                foreach (var (name, value) in old)
                {
                    Member(node, name, value, next?[name], old, next);
                }
            }

            if (next is not null)
            {
                foreach (var (name, value) in next)
                {
                    if (value is not null && old?[name] is null)
                    {
                        Member(node, name, null, value, old, next);
                    }
                }
            }
        }

        private void Member(
            SchemaNode node, string name, JsonNode? old, JsonNode? next, JsonObject? aroundOld, JsonObject? aroundNext)
        {
            if (node.Type == SchemaType.Map)
            {
                if (!JsonTree.Same(old, next))
                {
                    Value(node.Item!, null, FieldElement.Field(name), old, next, old is not null, next is not null);
                }
            }
            else if (node.Find(name) is { } field)
            {
                var (was, isThere) = (!field.IsZero(old), !field.IsZero(next));
                if (!was && !isThere && aroundOld is not null && aroundNext is not null)
                {
                    return;
                }

                was |= aroundOld is not null && field.IsAlwaysThere();
                isThere |= aroundNext is not null && field.IsAlwaysThere();
                if (was || isThere)
                {
                    Value(field.Node, field, field.Element, old, next, was, isThere);
                }
            }
        }

        private void Value(
            SchemaNode node, SchemaField? field, string element, JsonNode? old, JsonNode? next, bool wasThere,
            bool isThere)
        {
            var shape = FieldShapes.Of(node, field);
            if (shape == FieldShape.Leaf || (IsNothing(old) && IsNothing(next)))
            {
                Leaf(element, old, next, wasThere, isThere);
                return;
            }

            var below = default(Walk);
            if (shape == FieldShape.Items)
            {
                below.Items(field!, old as JsonArray, next as JsonArray);
            }
            else
            {
                // Where Go has an object, its own fields are in their places.
                below.Object(node, old as JsonObject ?? (wasThere ? [] : null),
                    next as JsonObject ?? (isThere ? [] : null));
            }

            var (added, gone) = (!wasThere && isThere, wasThere && !isThere);
            if (added || below.Changed is not null)
            {
                (Changed ??= []).Add(new FieldSet.Node(element, added, SetOf(below.Changed)));
            }

            if (gone || below.Removed is not null)
            {
                (Removed ??= []).Add(new FieldSet.Node(element, gone, SetOf(below.Removed)));
            }
        }

        private void Leaf(string element, JsonNode? old, JsonNode? next, bool wasThere, bool isThere)
        {
            if (wasThere && !isThere)
            {
                (Removed ??= []).Add(FieldSet.Node.Leaf(element));
            }
            else if ((!wasThere && isThere) || (!JsonTree.Same(old, next) && !(IsNothing(old) && IsNothing(next))))
            {
                (Changed ??= []).Add(FieldSet.Node.Leaf(element));
            }
        }

        private void Items(SchemaField field, JsonArray? old, JsonArray? next)
        {
            var (before, after) = (FieldItems.Of(field, old), FieldItems.Of(field, next));
            foreach (var (element, item) in before)
            {
                Item(field, element, item, after.GetValueOrDefault(element));
            }

            foreach (var (element, item) in after)
            {
                if (!before.ContainsKey(element))
                {
                    Item(field, element, null, item);
                }
            }
        }

        /// <summary>Items that stand more than once are compared as one.</summary>
        private void Item(SchemaField field, string element, List<JsonNode?>? old, List<JsonNode?>? next)
        {
            if (old is null or [_] && next is null or [_])
            {
                if (old is null || next is null || !JsonTree.Same(old[0], next[0]))
                {
                    Value(field.Node.Item!, null, element, old?[0], next?[0], old is not null, next is not null);
                }

                return;
            }

            if (next is null)
            {
                (Removed ??= []).Add(FieldSet.Node.Leaf(element));
            }
            else if (old is null || old.Count != next.Count || !old.Zip(next).All(pair =>
                JsonTree.Same(pair.First, pair.Second)))
            {
                (Changed ??= []).Add(FieldSet.Node.Leaf(element));
            }
        }

        private static bool IsNothing(JsonNode? value) =>
            value is null or JsonObject { Count: 0 } or JsonArray { Count: 0 };
    }
}
