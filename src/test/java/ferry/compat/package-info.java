/// Existing integrations go on to work: what a client that behaves as ricloud-py 3.2.0 does (ricloud-api 20) gets from
/// a server that was started as a user starts it. Start at [RicloudPy]; each test is a case of the contract, and
/// `docs/ricloud-compatibility.md` names the one that proves each row.
@NullMarked
package ferry.compat;

import org.jspecify.annotations.NullMarked;
