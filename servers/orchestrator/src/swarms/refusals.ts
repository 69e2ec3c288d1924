import { isTrestleError, TrestleError } from "@trestle/protocol";

/** Was somebody quicker? */
export function isConflict(error: unknown): boolean {
  return isTrestleError(error) && error.code === "conflict";
}

export function noSwarm(id: string): TrestleError {
  return new TrestleError("not_found", `There is no swarm ${id}; list_swarms shows yours`);
}

export function closedError(): TrestleError {
  return new TrestleError("unavailable", "The swarms are being closed in this process; try again");
}
