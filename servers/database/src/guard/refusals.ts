import { TrestleError } from "@trestle/protocol";
import type { Mode } from "../postgres/database.ts";
import type { FunctionRule } from "./functions.ts";

const READS = "Allowed is one SELECT, VALUES, TABLE, WITH … SELECT, EXPLAIN or SHOW statement.";

/** Throws `denied`; `reason` begins in lower case, and is followed by what to do next. */
export function refuse(reason: string, advice = ""): never {
  throw new TrestleError("denied", `Refused: ${reason}.${advice === "" ? "" : ` ${advice}`}`);
}

/** Refuses a statement that needs more than it may have, and names the setting that would allow it. */
export function refuseNeed({ need, why }: FunctionRule, mode: Mode, allowed: Mode): never {
  if (need === "never") refuse(why, "No setting of this server allows it.");
  if (mode !== allowed) refuse(`${why}, and this call only reads`, READS);
  refuse(
    why,
    `This database is ${mode}; the setting DATABASE_MODE=${need} would allow it.${mode === "read-only" ? ` ${READS}` : ""}`,
  );
}
