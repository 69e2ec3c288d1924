import { nearestName, TrestleError } from "@trestle/protocol";
import { OPERATIONS } from "../operations/index.ts";
import type { Operation } from "../operations/operation.ts";

/** The operation of that name. Throws `unsupported` naming the nearest one. */
export function findOperation(name: string): Operation {
  const found = OPERATIONS.find((operation) => operation.name === name);
  if (found) return found;
  const names = OPERATIONS.map((operation) => operation.name);
  const near = nearestName(name, names);
  const advice = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new TrestleError("unsupported", `This bridge cannot do "${name}".${advice}`);
}
