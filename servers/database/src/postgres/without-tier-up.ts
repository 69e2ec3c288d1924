import { setFlagsFromString } from "node:v8";

/** A function's number in its module, which none has. */
const NO_FUNCTION = 2 ** 31 - 1;
const EVERY_FUNCTION = -1;

/**
 * Runs `work`. What V8 compiles of WebAssembly meanwhile, which it does function by function as they are
 * first called, keeps the code that was made quickly, and is never optimised.
 *
 * For Postgres' grammar: a single function of 100 KB, which after a few statements would be optimised for
 * half a second with 600 MB of memory, and reads no faster then.
 */
export function withoutTierUp<Result>(work: () => Result): Result {
  setFlagsFromString(`--wasm-tier-up-filter=${NO_FUNCTION}`);
  try {
    return work();
  } finally {
    setFlagsFromString(`--wasm-tier-up-filter=${EVERY_FUNCTION}`);
  }
}
