import type { Piece } from "./reading.ts";
import type { Tailed } from "./tailed.ts";

/** Tells that nothing came behind what was delivered; undefined where nothing was. */
export function quietEnd({ file, cursor }: Tailed, isSilent: boolean): Piece | undefined {
  if (cursor === undefined) return undefined;
  const nothing = { lines: [], skipped: new Map(), isRestart: false, isQuiet: true, isSilent };
  return { file, expected: cursor, cursor, ...nothing };
}
