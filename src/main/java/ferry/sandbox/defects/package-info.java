/// Defects that the simulated iCloud injects into its own answers: how often ([DefectSpec]), what befalls what, and
/// the ledger of it ([Defects]). No connector knows of it.
@NullMarked
package ferry.sandbox.defects;

import org.jspecify.annotations.NullMarked;
