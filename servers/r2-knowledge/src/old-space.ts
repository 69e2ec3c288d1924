import { setFlagsFromString } from "node:v8";

const PERCENT = 30;

/**
 * Lets old objects take no more than this beyond what of them is in use before garbage is looked for; V8 by
 * itself lets them take several times as much, on top of an index that is large already. Looking costs some
 * 20 ms beside the calls, once in hundreds of searches.
 */
export function boundOldSpace(): void {
  setFlagsFromString(`--heap-growing-percent=${PERCENT}`);
}
