import { join } from "node:path";
import type { ToolContext } from "@trestle-mcp/server-kit";
import type { State } from "../../state.ts";
import { type Folder, openFolder } from "../../transfer/folder.ts";

/** For a whole export or import; each batch of it has the configured time of a statement. */
export const TRANSFER_TIMEOUT_MS = 3_600_000;

/** The folder whose files exports and imports may name. */
export function filesOf({ state, host }: Pick<ToolContext<State>, "state" | "host">): Folder {
  return openFolder(state.config.filesDir ?? join(host.dataDir, "exports"));
}
