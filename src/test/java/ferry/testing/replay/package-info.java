/// Recorded traffic with Apple's servers, served again on a port of this machine, so that the product can be run
/// against what Apple really sent.
///
/// Start at [ReplayServer]. The recordings lie beside the project and are never part of it: [Traffic] skips the
/// test where they are absent. They hold positions of photos, so no test here prints a record.
@NullMarked
package ferry.testing.replay;

import org.jspecify.annotations.NullMarked;
