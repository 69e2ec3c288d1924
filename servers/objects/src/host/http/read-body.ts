import type { IncomingMessage } from "node:http";
import { ObjectError } from "../../object-error.ts";
import { DEFAULT_LIMITS } from "../../protocol.ts";

/** Beyond the arguments: the names in a body or frame. */
export const BODY_EXTRA = 4_096;
const MOST = DEFAULT_LIMITS.argsBytes + BODY_EXTRA;

/** No more is read than may be asked. */
export async function readBody(request: IncomingMessage, most = MOST): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > most) {
      throw new ObjectError("too_large", `A request may have ${most} bytes.`, { most });
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}
