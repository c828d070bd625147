/// A generated fuzz of the whole API: calls that `openapi.yaml` describes, calls that it forbids, and chains of
/// calls that go on with what earlier ones gave, from two organisations at once. Start at [FuzzTest];
/// `bench/fuzz` makes a million calls.
@NullMarked
package ferry.fuzz;

import org.jspecify.annotations.NullMarked;
