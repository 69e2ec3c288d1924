import type { Sealer } from "@trestle/access";
import { isJsonObject, type Principal, RPC, RpcError } from "@trestle/protocol";
import type { Dialect } from "./dialects.ts";

/** A task behind the bridge. */
export interface Task {
  readonly server: string;
  readonly tool: string;
  /** The server's own name for it. */
  readonly id: string;
  readonly dialect: Dialect;
}

/**
 * The names of tasks that clients know. All that is needed to find a task is sealed in its name, so nothing is kept of
 * it: another run of the bridge, and another bridge with the same keys, finds it as well.
 */
export interface TaskIds {
  seal(task: Task, principal: Principal): string;
  /** Throws the same fault for whatever was not sealed for this principal. */
  open(name: unknown, principal: Principal): Task;
}

export function createTaskIds(sealer: Sealer): TaskIds {
  return {
    seal: ({ server, tool, id, dialect }, principal) =>
      sealer.seal({ server, tool, id, dialect }, { context: contextOf(principal) }),
    open(name, principal) {
      const opened = typeof name === "string" ? tryOpen(sealer, name, principal) : undefined;
      const { server, tool, id, dialect } = isJsonObject(opened) ? opened : {};
      if (typeof server !== "string" || typeof tool !== "string" || typeof id !== "string") {
        throw new RpcError(
          RPC.invalidParams,
          "There is no such task of yours; it may have ended long ago.",
        );
      }
      return { server, tool, id, dialect: dialect === "core" ? "core" : "extension" };
    },
  };
}

function tryOpen(sealer: Sealer, name: string, principal: Principal) {
  try {
    return sealer.open(name, { context: contextOf(principal) });
  } catch {
    return undefined;
  }
}

function contextOf({ kind, id }: Principal): string {
  return `task\0${kind}\0${id}`;
}
