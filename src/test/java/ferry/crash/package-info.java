/// What is left when workers and whole processes die at any moment: nothing lost, nothing double, nothing
/// overwritten.
///
/// Start at [WorkerDeathTest] (many small deaths in one process) and [KillNineTest] (the real thing).
@org.jspecify.annotations.NullMarked
package ferry.crash;
