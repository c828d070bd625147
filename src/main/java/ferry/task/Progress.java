package ferry.task;

import org.jspecify.annotations.Nullable;

/// How far a task is.
///
/// @param items items handled so far
/// @param itemsTotal items there are, null while that is not known
/// @param bytes bytes published so far
public record Progress(long items, @Nullable Long itemsTotal, long bytes) {}
