import { hash } from "node:crypto";
import type { Line } from "./json-lines.ts";

/**
 * A line's id is what its agent calls it, within its session: a session that is resumed in another file copies
 * lines, and they are the same ones. A line without a name is told by its bytes and where it stands.
 */
export function recordId(lane: string, uuid: string | undefined, line: Line): string {
  if (uuid !== undefined) return `${lane}/${uuid}`;
  return `${lane}#${line.offset}-${hash("sha1", line.bytes, "hex").slice(0, 16)}`;
}
