import { fileURLToPath } from "node:url";

const NAMES = fileURLToPath(new URL("./_names.ts", import.meta.url));

/** The environment of a bridge for which these names resolve so: one answer after the other, the last one for ever. */
export function leadingNames(names: Readonly<Record<string, readonly string[]>>) {
  return { NODE_OPTIONS: `--import=${NAMES}`, ATTACK_NAMES: JSON.stringify(names) };
}
