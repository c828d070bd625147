/// Benches that need the whole service as its users run it: a process of its own, started by `./ferry`. Run by the
/// scripts in `bench/`, which print their figures beside the targets of the design.
@NullMarked
package ferry.bench;

import org.jspecify.annotations.NullMarked;
